"""Monitoring schedules: they fire on the clock, run the analyzer's stand-in, and keep their executions."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.sagemaker.endpoints.service import Endpoints
from local_aws.sagemaker.jobs import PRINCIPAL, World
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.monitoring.cron import HOUR, Cron, window
from local_aws.sagemaker.monitoring.definitions import Definitions
from local_aws.sagemaker.monitoring.job import Run, processing_job
from local_aws.sagemaker.monitoring.kinds import KINDS, Kind
from local_aws.sagemaker.names import arn
from local_aws.sagemaker.processing import ProcessingJobs
from local_aws.sagemaker.transfer import split

NO_DATA = "Job inputs had no data"
SPREAD_MINUTES = 20  # docs: an execution starts up to 20 minutes after the hour
_GOING_ON = ("Pending", "InProgress", "Stopping")
_EQUAL = {
    "EndpointName": "EndpointName",
    "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
    "MonitoringTypeEquals": "MonitoringType",
}
_SCHEDULES = Listing(
    "ListMonitoringSchedules", "MonitoringScheduleSummaries", "MonitoringScheduleName", "MonitoringScheduleStatus", equal=_EQUAL
)
_EXECUTIONS = Listing(
    "ListMonitoringExecutions", "MonitoringExecutionSummaries", status="MonitoringExecutionStatus", equal=_EQUAL,
    own=frozenset({"MonitoringScheduleName"}),
)  # fmt: skip


@dataclass
class Schedule:
    """A schedule, and its executions, oldest first."""

    name: str
    config: dict[str, Any]
    created: datetime
    modified: datetime
    status: str = "Scheduled"
    executions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return arn("monitoring-schedule", self.name)

    @property
    def title(self) -> str:
        return str(self.config["MonitoringType"])

    @property
    def definition(self) -> str:
        return str(self.config["MonitoringJobDefinitionName"])


class Schedules:
    """Schedules of job definitions by name. Inline MonitoringJobDefinition is refused."""

    kept = ("_schedules", "definitions")

    def __init__(self, world: World, definitions: Definitions, processing: ProcessingJobs, endpoints: Endpoints) -> None:
        self._world, self._definitions = world, definitions
        self._processing, self._endpoints = processing, endpoints
        self._schedules: dict[str, Schedule] = {}

    @property
    def definitions(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The job definitions, by kind and name."""
        return self._definitions.made

    @definitions.setter
    def definitions(self, made: dict[tuple[str, str], dict[str, Any]]) -> None:
        self._definitions.made = made

    def resume(self) -> None:
        """After a restore: schedules go on from now; an execution that had not begun begins when it would have, one that had is over."""
        for schedule in self._schedules.values():
            if schedule.status == "Scheduled":
                self._plan(schedule)
            for execution in schedule.executions:
                if execution["MonitoringExecutionStatus"] == "Pending":
                    self._await(schedule, execution)
                elif execution["MonitoringExecutionStatus"] in _GOING_ON:
                    self._end(execution, "Stopped", "the local AWS was stopped while it ran")

    @operation("sagemaker", "CreateMonitoringSchedule")
    def create(self, call: Call) -> dict[str, Any]:
        self._definitions.closed()
        name = call.params["MonitoringScheduleName"]
        if name in self._schedules:
            raise AwsError("ResourceInUse", f"Monitoring Schedule {name} already exists.")
        config = self._checked(call.params["MonitoringScheduleConfig"])
        now = self._world.clock.now()
        schedule = self._schedules[name] = Schedule(name, config, now, now)
        self._plan(schedule)
        return {"MonitoringScheduleArn": schedule.arn}

    @operation("sagemaker", "UpdateMonitoringSchedule")
    def update(self, call: Call) -> dict[str, Any]:
        schedule = self._get(call.params["MonitoringScheduleName"])
        schedule.config, schedule.modified = self._checked(call.params["MonitoringScheduleConfig"]), self._world.clock.now()
        self._plan(schedule)
        return {"MonitoringScheduleArn": schedule.arn}

    @operation("sagemaker", "StartMonitoringSchedule")
    def start(self, call: Call) -> None:
        schedule = self._get(call.params["MonitoringScheduleName"])
        schedule.status, schedule.modified = "Scheduled", self._world.clock.now()
        self._plan(schedule)

    @operation("sagemaker", "StopMonitoringSchedule")
    def stop(self, call: Call) -> None:
        schedule = self._get(call.params["MonitoringScheduleName"])
        schedule.status, schedule.modified = "Stopped", self._world.clock.now()

    @operation("sagemaker", "DeleteMonitoringSchedule")
    def delete(self, call: Call) -> None:
        schedule = self._get(call.params["MonitoringScheduleName"])
        going = next((e for e in schedule.executions if e["MonitoringExecutionStatus"] in _GOING_ON), None)
        if going:
            state = going["MonitoringExecutionStatus"]
            raise validation(f"Cannot delete monitoring schedule {schedule.arn}: an execution is {state}. Stop the schedule and try later.")
        del self._schedules[schedule.name]

    @operation("sagemaker", "DescribeMonitoringSchedule")
    def describe(self, call: Call) -> dict[str, Any]:
        schedule = self._get(call.params["MonitoringScheduleName"])
        last = {"LastMonitoringExecutionSummary": schedule.executions[-1]} if schedule.executions else {}
        return {**self._summary(schedule), "MonitoringScheduleConfig": schedule.config, **last}

    @operation("sagemaker", "ListMonitoringSchedules")
    def list_schedules(self, call: Call) -> dict[str, Any]:
        found = [{**self._summary(s), "MonitoringJobDefinitionName": s.definition} for s in list(self._schedules.values())]
        return _SCHEDULES.page(found, call.params)

    @operation("sagemaker", "ListMonitoringExecutions")
    def list_executions(self, call: Call) -> dict[str, Any]:
        params = call.params
        names = [params["MonitoringScheduleName"]] if "MonitoringScheduleName" in params else list(self._schedules)
        return _EXECUTIONS.page([e for n in names for e in self._get(n).executions], params)

    # firing

    def _plan(self, schedule: Schedule) -> None:
        config = schedule.config
        when = Cron(config["ScheduleConfig"]["ScheduleExpression"]).after(self._world.clock.now())
        self._world.clock.call_at(when, lambda: self._fire(schedule, config, when))

    def _fire(self, schedule: Schedule, config: dict[str, Any], when: datetime) -> None:
        current = self._schedules.get(schedule.name) is schedule and schedule.config is config
        if not current or schedule.status != "Scheduled":
            return  # deleted, changed or stopped since
        if any(e["ScheduledTime"] == when for e in schedule.executions):
            return  # started again within the hour
        self._plan(schedule)
        now = self._world.clock.now()
        execution = {
            "MonitoringScheduleName": schedule.name,
            "ScheduledTime": when,
            "CreationTime": now,
            "LastModifiedTime": now,
            "MonitoringExecutionStatus": "Pending",
            "EndpointName": self._endpoint(schedule),
            "MonitoringJobDefinitionName": schedule.definition,
            "MonitoringType": schedule.title,
        }
        schedule.executions.append(execution)
        self._await(schedule, execution)

    def _await(self, schedule: Schedule, execution: dict[str, Any]) -> None:
        """Begin an execution some minutes after the hour."""
        delay = int(hashlib.sha256(schedule.name.encode()).hexdigest(), 16) % SPREAD_MINUTES
        begin = partial(self._world.background.submit, partial(self._begin, schedule, execution))
        self._world.clock.call_at(execution["ScheduledTime"] + timedelta(minutes=delay, seconds=1), begin)

    def _begin(self, schedule: Schedule, execution: dict[str, Any]) -> None:
        try:
            kind, definition = KINDS[schedule.title], self._definitions.get(schedule.title, schedule.definition)
            run = self._run(schedule, kind, definition, execution["ScheduledTime"])
            if not run.capture:
                self._end(execution, "Failed", NO_DATA)
                return
            parameters = processing_job(kind, definition, run)
            job = self._processing.create_job(parameters, parameters["AppSpecification"]["ImageUri"])
        except AwsError as error:
            self._end(execution, "Failed", error.message)
            return
        execution["ProcessingJobArn"] = job.description["ProcessingJobArn"]
        execution["MonitoringExecutionStatus"] = "InProgress"
        done = self._processing.wait(job.name)
        if done["ProcessingJobStatus"] == "Completed":
            violated = str(done.get("ExitMessage", "")).startswith("CompletedWithViolations")
            self._end(execution, "CompletedWithViolations" if violated else "Completed")
        else:
            self._end(execution, done["ProcessingJobStatus"], str(done.get("FailureReason", "")))

    def _end(self, execution: dict[str, Any], status: str, reason: str = "") -> None:
        execution.update({"MonitoringExecutionStatus": status, "LastModifiedTime": self._world.clock.now()})
        if reason:
            execution["FailureReason"] = reason[:1024]

    def _run(self, schedule: Schedule, kind: Kind, definition: dict[str, Any], when: datetime) -> Run:
        source = kind.part(definition, "JobInput")
        given, role = source["EndpointInput"], definition["RoleArn"]
        cron = Cron(schedule.config["ScheduleConfig"]["ScheduleExpression"])
        start, end = window(cron, when, given.get("StartTimeOffset"), given.get("EndTimeOffset"))
        endpoint = self._endpoints.endpoint(given["EndpointName"])
        config = endpoint.fleet.config if endpoint.fleet else {}
        capture = (config.get("DataCaptureConfig") or {}).get("DestinationS3Uri", "").rstrip("/")
        captured = []
        for variant in config.get("ProductionVariants", []) if capture else []:
            folder = f"{endpoint.name}/{variant['VariantName']}"
            captured += [(uri, f"{folder}/{tail}") for uri, tail in self._hours(f"{capture}/{folder}", start, end, role)]
        labels = (source.get("GroundTruthS3Input") or {}).get("S3Uri", "").rstrip("/")
        digest = hashlib.sha256(f"{schedule.name}{when}".encode()).hexdigest()[:24]
        return Run(
            name=f"model-monitoring-{when:%Y%m%d%H%M}-{digest}",
            schedule=schedule.name,
            schedule_arn=schedule.arn,
            endpoint=endpoint.name,
            scheduled=when,
            start=start,
            end=end,
            capture=captured,
            labels=self._hours(labels, start, when + HOUR, role) if labels else [],
            model=self._model(config),
        )

    def _model(self, config: dict[str, Any]) -> str:
        """Where the artefact of the first variant's model lies: attributions are computed with it."""
        if not config.get("ProductionVariants"):
            return ""
        sagemaker = self._world.clients.service("sagemaker", PRINCIPAL)
        model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
        container: dict[str, Any] = model.get("PrimaryContainer") or next(iter(model.get("Containers", [])), {})
        package = container.get("ModelPackageName")
        if package:
            container = sagemaker.describe_model_package(ModelPackageName=package)["InferenceSpecification"]["Containers"][0]
        return str(container.get("ModelDataUrl", ""))

    def _hours(self, uri: str, start: datetime, end: datetime, role: str) -> list[tuple[str, str]]:
        """The hours of a layout in yyyy/mm/dd/hh that hold objects, as the job's role sees them."""
        s3 = self._world.clients.role("s3", role, "monitoring")
        bucket, prefix = split(uri)
        found, hour = [], start.replace(minute=0, second=0, microsecond=0)
        while hour < end:
            tail = f"{hour:%Y/%m/%d/%H}"
            if s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/{tail}/", MaxKeys=1).get("KeyCount"):
                found.append((f"{uri}/{tail}", tail))
            hour += HOUR
        return found

    # helpers

    def _checked(self, config: dict[str, Any]) -> dict[str, Any]:
        """A configuration that can be carried out. Raises AwsError."""
        if "MonitoringJobDefinition" in config or "MonitoringJobDefinitionName" not in config:
            raise Unsupported("monitoring schedules with an inline MonitoringJobDefinition; name a job definition")
        schedule = config.get("ScheduleConfig") or {}
        if "ScheduleExpression" not in schedule:
            raise validation("A monitoring schedule needs ScheduleConfig with ScheduleExpression.")
        refused = [k for k in ("DataAnalysisStartTime", "DataAnalysisEndTime") if k in schedule]
        if refused:
            raise Unsupported(f"monitoring schedules with {refused[0]}; use StartTimeOffset and EndTimeOffset of the job definition")
        Cron(schedule["ScheduleExpression"])
        self._definitions.get(config["MonitoringType"], config["MonitoringJobDefinitionName"])
        return config

    def _endpoint(self, schedule: Schedule) -> str:
        source = KINDS[schedule.title].part(self._definitions.get(schedule.title, schedule.definition), "JobInput")
        return str(source["EndpointInput"]["EndpointName"])

    def _get(self, name: str) -> Schedule:
        if name not in self._schedules:
            raise AwsError("ResourceNotFound", f"Monitoring Schedule {name} not found.")
        return self._schedules[name]

    def _summary(self, schedule: Schedule) -> dict[str, Any]:
        return {
            "MonitoringScheduleName": schedule.name,
            "MonitoringScheduleArn": schedule.arn,
            "MonitoringScheduleStatus": schedule.status,
            "MonitoringType": schedule.title,
            "CreationTime": schedule.created,
            "LastModifiedTime": schedule.modified,
            "EndpointName": self._endpoint(schedule),
        }
