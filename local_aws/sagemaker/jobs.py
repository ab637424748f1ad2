"""What processing and training jobs have in common: a state, a sandbox, a child process, a log, an end."""

import secrets
import shutil
import tempfile
import threading
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudwatch.store import MetricStore
from local_aws.errors import validation
from local_aws.events.service import Events
from local_aws.history import Remembered
from local_aws.images.registry import container_image
from local_aws.launcher.launcher import Child, Image, Launcher
from local_aws.log_writer import LogWriter
from local_aws.sagemaker import options
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.names import arn
from local_aws.sagemaker.transfer import TransferError

PRINCIPAL = "sagemaker.amazonaws.com"
TERMINAL = ("Completed", "Failed", "Stopped")


@dataclass
class Job:
    """A job: its description, as Describe answers it, and what runs for it."""

    name: str
    description: dict[str, Any]
    child: Child | None = None
    streams: list[str] = field(default_factory=list)
    stop_requested: bool = False
    ended: threading.Event = field(default_factory=threading.Event)


class Stopped(Exception):
    """The job was asked to stop."""


class JobFailed(Exception):
    """The job has ended badly, with the reason that Describe will give."""


@dataclass(frozen=True)
class World:
    """What every SageMaker service needs of the local AWS."""

    clients: Clients
    clock: Clock
    background: Background
    launcher: Launcher
    events: Events
    metrics: MetricStore
    analyzer: Path | None = None  # steps.pyz, in place of the images of Model Monitor and Clarify
    keep: int | None = None  # how many ended executions of a pipeline, and jobs of a kind that none has made, are remembered

    def role_exists(self, role_arn: str) -> bool:
        try:
            self.clients.service("iam", PRINCIPAL).get_role(RoleName=role_arn.rsplit("/", 1)[-1])
        except Exception:
            return False
        return True

    def check_role(self, role_arn: str) -> None:
        """Refuse a role that does not exist. Raises AwsError."""
        if not self.role_exists(role_arn):
            advice = f"Please ensure that the role exists and allows principal '{PRINCIPAL}' to assume the role."
            raise validation(f"Could not assume role {role_arn}. {advice}")


class Jobs(Remembered[Job]):
    """Jobs of one kind. Subclasses say how a job is laid out, started and finished.

    A job that an execution or a tuning job has made is remembered exactly as long as its maker is.
    """

    kind = ""  # processing, training
    order = "Ascending"  # the documented default of its list
    listed: tuple[str, ...] = ("FailureReason",)  # what else its list shows
    untold: tuple[str, ...] = ()  # what a description holds and the documented event does not

    kept = ("_jobs", "_makers")

    def __init__(self, world: World) -> None:
        self.world = world
        super().__init__(world.keep)
        self._jobs: dict[str, Job] = {}
        self._faults: list[str] = []

    @property
    def title(self) -> str:
        """As names of the API have it: TrainingJob."""
        return f"{self.kind.capitalize()}Job"

    def fail_next(self, reason: str) -> None:
        """Make the next job of this kind fail with a reason, such as ``CapacityError: …``: for tests."""
        self._faults.append(reason)

    def wait(self, name: str) -> dict[str, Any]:
        """Block until the job has ended; its description."""
        job = self._jobs[name]
        job.ended.wait()
        return job.description

    def image(self, uri: str) -> Image:
        """What runs in place of an image. Raises AwsError for one that nothing stands in for."""
        return container_image(uri).image

    def check(self, params: dict[str, Any]) -> None:
        """Refuse what a request, or the arguments of a step as far as they are known, ask for and is not done. Raises AwsError."""
        options.check(f"Create{self.title}", params, self.image)

    # shared operations, bound to their API names by the subclasses

    def create_job(self, params: dict[str, Any], image: str) -> Job:
        title = self.kind.capitalize()
        name = params[f"{title}JobName"]
        with self._lock:
            if name in self._jobs:
                there = f"a {self.kind} job with this name already exists ({arn(f'{self.kind}-job', name)})"
                raise validation(f"{title} job names must be unique within an AWS account and region, and {there}")
            self.image(image)
            self.world.check_role(params["RoleArn"])
            now = self.world.clock.now()
            description = {
                **{k: v for k, v in params.items() if k != "Tags"},
                f"{title}JobArn": arn(f"{self.kind}-job", name),
                f"{title}JobStatus": "InProgress",
                "CreationTime": now,
                "LastModifiedTime": now,
            }
            job = self._jobs[name] = Job(name, description)
        self.world.background.submit(lambda: self._execute(job))
        return job

    def describe_job(self, name: str) -> dict[str, Any]:
        if name not in self._jobs:
            raise validation(f"Requested resource not found: {self.kind} job {name}")
        return dict(self._jobs[name].description)

    def stop_job(self, name: str) -> None:
        job = self._jobs.get(name)
        if job is None:
            raise validation(f"Requested resource not found: {self.kind} job {name}")
        status = f"{self.kind.capitalize()}JobStatus"
        if job.description[status] in TERMINAL:
            raise validation(f"The request was rejected because the {self.kind} job is in status {job.description[status]}.")
        job.description[status] = "Stopping"
        job.stop_requested = True
        if child := job.child:
            child.kill()

    def delete_job(self, name: str) -> None:
        """Forget a job that has ended. Raises AwsError."""
        status = self.describe_job(name)[f"{self.kind.capitalize()}JobStatus"]
        if status not in TERMINAL:
            raise validation(f"The request was rejected because the {self.kind} job is in status {status}.")
        del self._jobs[name]

    def list_jobs(self, params: dict[str, Any]) -> dict[str, Any]:
        name, status = f"{self.title}Name", f"{self.title}Status"
        listing = Listing(f"List{self.title}s", f"{self.title}Summaries", name, status, order=self.order)
        end = f"{self.kind.capitalize()}EndTime"
        shown = (name, f"{self.title}Arn", status, "CreationTime", "LastModifiedTime", end, *self.listed)
        return listing.page([j.description for j in list(self._jobs.values())], params, shown)

    # the life of a job

    def _execute(self, job: Job) -> None:
        title = self.kind.capitalize()
        description = job.description
        clients = self.world.clients
        log = self.log(job, f"{job.name}/algo-1-{int(self.world.clock.timestamp())}")
        work = Path(tempfile.mkdtemp(dir=self.world.launcher.root, prefix="job-"))
        status, reason = "Completed", None
        try:
            if self._faults:
                raise JobFailed(self._faults.pop(0))
            self.carry_out(job, work, clients.role("s3", description["RoleArn"], job.name[:64]), log.line)
        except Stopped:
            status = "Stopped"
        except (JobFailed, TransferError) as error:
            status, reason = "Failed", str(error)
        except Exception as error:
            status, reason = "Failed", f"InternalServerError: {error!r}"
            log.line(reason)
        log.close()
        job.child = None
        shutil.rmtree(work, ignore_errors=True)
        if reason:
            description["FailureReason"] = reason[:1024]
        description["LastModifiedTime"] = self.world.clock.now()
        description[f"{title}EndTime"] = description["LastModifiedTime"]
        self.finish(job, status)
        description[f"{title}JobStatus"] = status
        job.ended.set()
        told = _plain({k: v for k, v in description.items() if k not in self.untold})
        self.world.events.emit("aws.sagemaker", f"SageMaker {title} Job State Change", told, [description[f"{title}JobArn"]])
        self.forget()

    def log(self, job: Job, stream: str) -> LogWriter:
        """A log of a job, written as its role."""
        job.streams.append(stream)
        logs = self.world.clients.role("logs", job.description["RoleArn"], job.name[:64])
        return LogWriter(logs, self.world.clock, self._group, stream)

    def held(self) -> dict[str, Job]:
        return self._jobs

    def over(self, item: Job) -> bool:
        return item.ended.is_set()

    def drop(self, item: Job) -> None:
        """A job goes with its log."""
        for stream in item.streams:
            LogWriter.drop(self.world.clients.service("logs", PRINCIPAL), self._group, stream)

    @property
    def _group(self) -> str:
        return f"/aws/sagemaker/{self.kind.capitalize()}Jobs"

    @abstractmethod
    def carry_out(self, job: Job, work: Path, s3: Any, log: Callable[[str], None]) -> None:
        """Inputs in, run, outputs out. Raises JobFailed, TransferError or Stopped."""

    @abstractmethod
    def finish(self, job: Job, status: str) -> None:
        """Fill in what Describe shows once a job has ended."""

    def watch(self, job: Job, child: Child, limit_s: float) -> int:
        """Follow a child to its end. Raises Stopped, or JobFailed when it runs too long."""
        job.child = child
        if job.stop_requested:
            child.kill()
        code = child.wait(limit_s)
        if job.stop_requested:
            raise Stopped
        if code is None:
            child.kill()
            raise JobFailed(f"ClientError: the job ran longer than MaxRuntimeInSeconds ({limit_s:g} s)")
        return code


def resource_config(kind: str, instance: str, count: int) -> dict[str, Any]:
    """resourceconfig.json of a single-host job."""
    hosts = [f"algo-{i + 1}" for i in range(count)]
    return {
        "current_host": "algo-1",
        "current_instance_type": instance,
        "current_group_name": "homogeneousCluster",
        "hosts": hosts,
        "network_interface_name": "eth0",
    }


def new_suffix() -> str:
    return secrets.token_hex(5)


def _plain(value: Any) -> Any:
    """A description as it travels in an event: times in milliseconds since the epoch."""
    if hasattr(value, "timestamp"):
        return int(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value
