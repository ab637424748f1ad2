"""Glue jobs: the script and its wheels from S3 really run, with the job's role; the catalog is moto's."""

import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.events.service import Events
from local_aws.history import forget
from local_aws.images.registry import GLUE
from local_aws.launcher.launcher import Launcher, Spec
from local_aws.log_writer import LogWriter

RUN = Path(__file__).parents[1] / "images" / "glue" / "run.py"
# arguments that Glue itself reads and does not hand to the script in another form
_OWN = ("--extra-py-files", "--additional-python-modules", "--python-modules-installer-option", "--job-language")
_VERSIONS = ("5.0", "5.1")
_LAST_LINES = 5
_GROUP = "/aws-glue/jobs/output"


class GlueJobs:
    """Jobs and their runs."""

    kept = ("_jobs", "_runs")

    def __init__(
        self, clients: Clients, clock: Clock, background: Background, launcher: Launcher, events: Events, keep: int | None = None
    ) -> None:
        self._clients, self._clock = clients, clock
        self._background, self._launcher, self._events = background, launcher, events
        self._jobs: dict[str, dict[str, Any]] = {}
        self._runs: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._keep = keep
        self.peak_mib: dict[str, float] = {}  # by run: what a capacity question needs to know

    def resume(self) -> None:
        """After a restore: a run that was under way has failed, and whoever waits for it hears so."""
        for run in [r for r in self._runs.values() if "CompletedOn" not in r]:
            self._end(run, "FAILED", "The local AWS was stopped during the run.")

    @operation("glue", "CreateJob")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        if params["Name"] in self._jobs:
            raise AwsError("AlreadyExistsException", f"Job already exists: {params['Name']}")
        self._check(params)
        self._jobs[params["Name"]] = {k: v for k, v in params.items() if k != "Tags"}
        return {"Name": params["Name"]}

    @operation("glue", "UpdateJob")
    def update(self, call: Call) -> dict[str, Any]:
        job = self._job(call.params["JobName"])
        self._check(call.params["JobUpdate"])
        job.update(call.params["JobUpdate"])
        return {"JobName": call.params["JobName"]}

    @operation("glue", "GetJob")
    def get(self, call: Call) -> dict[str, Any]:
        return {"Job": self._job(call.params["JobName"])}

    @operation("glue", "DeleteJob")
    def delete(self, call: Call) -> dict[str, Any]:
        self._jobs.pop(call.params["JobName"], None)
        return {"JobName": call.params["JobName"]}

    @operation("glue", "StartJobRun")
    def start(self, call: Call) -> dict[str, Any]:
        name = call.params["JobName"]
        job = self._job(name)
        with self._lock:
            running = [r for r in self._runs.values() if r["JobName"] == name and r["JobRunState"] in ("STARTING", "RUNNING")]
            limit = job.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1)
            if len(running) >= limit:
                raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
            run = {
                "Id": f"jr_{secrets.token_hex(32)}",
                "JobName": name,
                "JobRunState": "STARTING",
                "StartedOn": self._clock.now(),
                "Attempt": 0,
                "Arguments": {**job.get("DefaultArguments", {}), **call.params.get("Arguments", {})},
            }
            self._runs[run["Id"]] = run
        self._background.submit(lambda: self._execute(job, run))
        return {"JobRunId": run["Id"]}

    @operation("glue", "GetJobRun")
    def get_run(self, call: Call) -> dict[str, Any]:
        run = self._runs.get(call.params["RunId"])
        if run is None:
            raise AwsError("EntityNotFoundException", f"JobRun {call.params['RunId']} not found")
        return {"JobRun": run}

    @operation("glue", "GetJobRuns")
    def get_runs(self, call: Call) -> dict[str, Any]:
        runs = [r for r in self._runs.values() if r["JobName"] == call.params["JobName"]]
        return {"JobRuns": sorted(runs, key=lambda r: r["StartedOn"], reverse=True)}

    def _check(self, job: dict[str, Any]) -> None:
        command = job.get("Command", {})
        if command.get("Name") != "glueetl" or job.get("GlueVersion") not in _VERSIONS:
            raise Unsupported(f"Glue {job.get('GlueVersion')} {command.get('Name')!r} (it does glueetl on {', '.join(_VERSIONS)})")

    def _execute(self, job: dict[str, Any], run: dict[str, Any]) -> None:
        role = job["Role"]
        log = LogWriter(self._clients.role("logs", role, "glue"), self._clock, _GROUP, run["Id"])
        lines: list[str] = []

        def on_line(text: str) -> None:
            log.line(text)
            lines.append(text)

        run["JobRunState"] = "RUNNING"
        work = Path(tempfile.mkdtemp(dir=self._launcher.root, prefix="glue-"))
        try:
            code = self._run(job, run, work, on_line)
        except Exception as error:
            code, lines = 1, [str(error)]
        shutil.rmtree(work, ignore_errors=True)
        log.close()
        if code is None:
            self._end(run, "TIMEOUT", f"the job ran longer than {job['Timeout']} minutes")
        elif code:
            self._end(run, "FAILED", "\n".join(lines[-_LAST_LINES:])[-1000:])
        else:
            self._end(run, "SUCCEEDED")
        self._forget()

    def _end(self, run: dict[str, Any], state: str, reason: str = "") -> None:
        now = self._clock.now()
        run |= {"JobRunState": state, "CompletedOn": now, "ExecutionTime": int((now - run["StartedOn"]).total_seconds())}
        if reason:
            run["ErrorMessage"] = reason
        detail = {
            "jobName": run["JobName"],
            "severity": "INFO" if run["JobRunState"] == "SUCCEEDED" else "ERROR",
            "state": run["JobRunState"],
            "jobRunId": run["Id"],
            "message": run.get("ErrorMessage", "Job run succeeded"),
        }
        self._events.emit("aws.glue", "Glue Job State Change", detail)

    def _forget(self) -> None:
        """AWS remembers a run for 90 days, a server the latest runs; a run goes with its log."""
        with self._lock:
            gone = forget(self._runs, self._keep, lambda r: "CompletedOn" in r)
        for run in gone:
            self.peak_mib.pop(run["Id"], None)
            LogWriter.drop(self._clients.service("logs", "glue.amazonaws.com"), _GROUP, run["Id"])

    def _run(self, job: dict[str, Any], run: dict[str, Any], work: Path, on_line: Any) -> int | None:
        s3 = self._clients.role("s3", job["Role"], "glue")

        def fetch(uri: str) -> str:
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            path = work / key.rsplit("/", 1)[-1]
            try:
                s3.download_file(bucket, key, str(path))
            except ClientError as error:
                raise RuntimeError(f"cannot read {uri}: {error}") from None
            return str(path)

        given = run["Arguments"]

        def listed(name: str) -> list[str]:
            return [fetch(uri) for uri in given.get(name, "").split(",") if uri]

        argument = {
            "script": fetch(job["Command"]["ScriptLocation"]),
            "libraries": listed("--extra-py-files"),
            "modules": listed("--additional-python-modules"),
            "site": str(work / "site"),
            "arguments": [part for k, v in given.items() if k not in _OWN for part in (k, v)]
            + ["--JOB_NAME", run["JobName"], "--JOB_RUN_ID", run["Id"]],
        }
        env = {**self._clients.environment(job["Role"], "glue"), "GLUE_PYTHON_VERSION": "3"}
        child = self._launcher.start(GLUE, Spec("function", env, str(work), file=str(RUN), function="start", argument=argument), on_line)
        code = child.wait(60.0 * job.get("Timeout", 480))
        self.peak_mib[run["Id"]] = child.peak_mib
        if code is None:
            child.kill()
        return code

    def _job(self, name: str) -> dict[str, Any]:
        if name not in self._jobs:
            raise AwsError("EntityNotFoundException", f"Job {name} not found.")
        return self._jobs[name]
