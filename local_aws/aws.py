"""The composition root: one local AWS, put together and taken down."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from local_aws import moto_seam
from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudformation.changesets import ChangeSets
from local_aws.cloudformation.engine import Engine
from local_aws.cloudformation.responses import PAGE, Responses
from local_aws.cloudformation.service import CloudFormation
from local_aws.cloudformation.stack import Stacks
from local_aws.cloudformation.summary import Summaries
from local_aws.cloudformation.types import Types
from local_aws.cloudtrail.service import CloudTrail
from local_aws.cloudwatch.alarm_operations import AlarmOperations
from local_aws.cloudwatch.alarms import Alarms
from local_aws.cloudwatch.dashboards import Dashboards
from local_aws.cloudwatch.emf import EmbeddedMetrics
from local_aws.cloudwatch.metrics import Metrics
from local_aws.cloudwatch.queues import Queues
from local_aws.cloudwatch.store import MetricStore
from local_aws.dispatcher import Dispatcher
from local_aws.door import Door, Page
from local_aws.ecr.service import Ecr
from local_aws.errors import LocalAwsError
from local_aws.events.service import Events
from local_aws.glue.jobs import GlueJobs
from local_aws.iam.service import Iam
from local_aws.images.registry import GLUE, LAMBDA, SKLEARN
from local_aws.journal import Journal
from local_aws.lambda_.account import AccountSettings
from local_aws.lambda_.mappings import EventSourceMappings
from local_aws.lambda_.service import Lambda
from local_aws.launcher.launcher import Launcher
from local_aws.principals import ADMIN_CREDENTIALS, REGION, Principals
from local_aws.s3.digests import Digests
from local_aws.s3.notifications import BucketNotifications
from local_aws.sagemaker.endpoints.service import Endpoints
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.models import Models
from local_aws.sagemaker.monitoring.definitions import Definitions
from local_aws.sagemaker.monitoring.schedules import Schedules
from local_aws.sagemaker.pipelines.runners import Runners
from local_aws.sagemaker.pipelines.service import Pipelines
from local_aws.sagemaker.processing import ProcessingJobs
from local_aws.sagemaker.registry import Registry
from local_aws.sagemaker.runtime import Runtime
from local_aws.sagemaker.tags import Tags
from local_aws.sagemaker.training import TrainingJobs
from local_aws.sagemaker.transform import TransformJobs
from local_aws.sagemaker.tuning import TuningJobs
from local_aws.scheduler.service import Scheduler
from local_aws.servicequotas.service import ServiceQuotas
from local_aws.sns.service import Sns
from local_aws.sqs.service import QueueUrls
from local_aws.sts.service import Sts


class LocalAws:
    """A running local AWS. One per process at a time: moto's state is the process's.

    Use it as a context manager, or call `close`. ``client`` gives in-process clients of the administrator;
    ``url`` is the loopback door for every other client. ``analyzer`` is the steps archive that stands in for the images of
    Model Monitor and Clarify; ``refuse_schedules`` makes the account one to which Model Monitor is closed.
    """

    _open = False

    def __init__(self, port: int = 0, *, analyzer: Path | None = None, refuse_schedules: bool = False, keep: int | None = None) -> None:
        """``keep`` bounds the journal, the history of events and what has ended (`World.keep`): a server runs for long."""
        if LocalAws._open:
            raise LocalAwsError("a local AWS is open in this process already; close it first")
        LocalAws._open = True
        moto_seam.reset()
        self.clock = Clock()
        moto_seam.follow(self.clock.now)
        self.journal = Journal(keep)
        self.principals = Principals()
        self._pages: dict[str, Page] = {}
        self.background = Background()
        self.dispatcher = Dispatcher(self.principals, self.journal, self.clock)
        self.clients = Clients(self.dispatcher, self.principals)
        self.launcher = Launcher(self.clock)
        self.metrics = MetricStore(self.clock)
        self.events = Events(self.clients, self.clock, self.background, self.metrics, keep)
        self.alarms = Alarms(self.clients, self.clock, self.background, self.events, self.metrics)
        self.sns = Sns(self.clients, self.clock, self.background)
        self.lambda_ = Lambda(self.clients, self.clock, self.background, self.launcher, self.metrics)
        self.glue = GlueJobs(self.clients, self.clock, self.background, self.launcher, self.events, keep)
        self.notifications = BucketNotifications(self.events, self.clients)
        world = World(self.clients, self.clock, self.background, self.launcher, self.events, self.metrics, analyzer, keep)
        self.processing, self.training = ProcessingJobs(world), TrainingJobs(world)
        self.registry = Registry(world)
        self.models = Models(world, self.registry)
        tuning, transform = TuningJobs(world, self.training), TransformJobs(world, self.models)
        runners = Runners(world, {"Processing": self.processing, "Training": self.training, "Tuning": tuning, "Transform": transform})
        self.pipelines = Pipelines(world, runners)
        self.endpoints = Endpoints(world, self.models)
        self.quotas, tags = ServiceQuotas(), Tags(world)
        self.dispatcher.watch(tags.created)
        cloudformation = self._cloudformation()
        definitions = Definitions(world, self.processing.image, refuse=refuse_schedules)
        self.dispatcher.register_all(definitions.operations())
        self.schedules = Schedules(world, definitions, self.processing, self.endpoints)
        for service in (
            self.events, self.sns, self.lambda_, AccountSettings(self.lambda_.sizes), CloudTrail(self.journal),
            EventSourceMappings(self.lambda_, self.clients, self.clock, self.background),
            self.glue, self.notifications, Digests(), self.processing, self.training, tuning, transform,
            runners.callback, self.pipelines, tags,
            self.registry, self.models, self.endpoints, self.schedules, Runtime(self.endpoints, world), Sts(self.principals, self.clock),
            Iam(self.clients),
            AlarmOperations(self.alarms), Metrics(self.metrics, self.clock), Dashboards(self.clock),
            EmbeddedMetrics(self.metrics, self.clock), Queues(self.metrics, self.clients, self.clock),
            Scheduler(self.clients, self.clock, self.background), Ecr(), self.quotas, QueueUrls(lambda: self.clients.door),
            *cloudformation,
        ):  # fmt: skip
            self.dispatcher.register(service)
        self._door = Door(self.dispatcher, port, self._pages)
        self.clients.door = self._door.url

    def _cloudformation(self) -> tuple[object, ...]:
        stacks, responses = Stacks(), Responses(self.clock, lambda: self.clients.door)
        self.stacks = engine = Engine(self.clients, self.clock, self.events, self.background, stacks, responses)
        self._pages[PAGE] = responses.page
        return (
            CloudFormation(self.clients, self.clock, self.background, engine, stacks),
            ChangeSets(self.clients, self.clock, self.background, engine, stacks),
            Summaries(self.clients, stacks),
            Types(),
        )

    def page(self, name: str, answer: Page) -> None:
        """Answer ``/_local_aws/<name>`` without a signature."""
        self._pages[name] = answer

    @property
    def url(self) -> str:
        """The loopback endpoint, for ``AWS_ENDPOINT_URL``."""
        return self._door.url

    def environment(self) -> dict[str, str]:
        """What another process exports to be the administrator of this local AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ADMIN_CREDENTIALS.access_key,
            "AWS_SECRET_ACCESS_KEY": ADMIN_CREDENTIALS.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the administrator, without a socket in between."""
        return self.clients.admin(service)

    def warm(self) -> None:
        """Start the stand-ins for images and runtimes ahead of their first use, in the background."""
        for image in (SKLEARN, GLUE, LAMBDA):
            self.background.submit(lambda i=image: self.launcher.warm(i))  # type: ignore[misc]

    def settle(self, timeout: float = 120.0) -> None:
        """Wait until nothing is under way. Raises TimeoutError."""
        if not self.background.wait_idle(timeout):
            raise TimeoutError(f"{self.background.active} pieces of work still go on after {timeout:g} s")

    def advance(self, delta: timedelta, settle: Callable[[], None] | None = None) -> None:
        """Move the clock; everything due on the way happens in order, each to its end."""
        self.clock.advance(delta, settle or self.settle)

    def close(self) -> None:
        """Stop everything that runs and remove what it left on disk."""
        self.background.close()
        self.lambda_.close()
        self.endpoints.close()
        self._door.close()
        self.clock.close()
        self.launcher.close()
        LocalAws._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
