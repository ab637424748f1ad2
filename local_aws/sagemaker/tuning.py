"""Hyperparameter tuning: trials are training jobs, judged by the metric that they print."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import validation
from local_aws.history import Remembered
from local_aws.images.registry import container_image
from local_aws.sagemaker import options
from local_aws.sagemaker.candidates import proposer, size
from local_aws.sagemaker.jobs import TERMINAL, World, new_suffix
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.names import arn
from local_aws.sagemaker.space import Trial, check
from local_aws.sagemaker.training import TrainingJobs

_PASSED = (
    "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition",
    "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "VpcConfig", "CheckpointConfig", "Environment", "RetryStrategy",
)  # fmt: skip

_SUMMARY = (
    "HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus", "CreationTime", "LastModifiedTime",
    "HyperParameterTuningEndTime", "TrainingJobStatusCounters", "ObjectiveStatusCounters", "Strategy", "ResourceLimits",
)  # fmt: skip
_TUNINGS = Listing(
    "ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries", "HyperParameterTuningJobName", "HyperParameterTuningJobStatus",
    by="Name", order="Ascending",
)  # fmt: skip
_TRIALS = Listing(
    "ListTrainingJobsForHyperParameterTuningJob", "TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus",
    by="Name", order="Ascending", own=frozenset({"HyperParameterTuningJobName"}),
)  # fmt: skip


@dataclass
class Tuning:
    """A tuning job: its description and its trials, by the name of their training job."""

    description: dict[str, Any]
    trials: dict[str, dict[str, str]] = field(default_factory=dict)
    stopping: bool = False
    ended: threading.Event = field(default_factory=threading.Event)


class TuningJobs(Remembered[Tuning]):
    """CreateHyperParameterTuningJob and its kin."""

    title = "HyperParameterTuningJob"
    kept = ("_tunings", "_makers")

    def __init__(self, world: World, training: TrainingJobs) -> None:
        self._world, self._training = world, training
        super().__init__(world.keep)
        self._tunings: dict[str, Tuning] = {}

    @operation("sagemaker", "CreateHyperParameterTuningJob")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        name, config = params["HyperParameterTuningJobName"], params["HyperParameterTuningJobConfig"]
        self.check(params)
        _check(params)
        limit = size(config)
        with self._lock:
            if name in self._tunings:
                raise validation(f"Hyperparameter tuning job names must be unique: {name} exists already")
            self._world.check_role(params["TrainingJobDefinition"]["RoleArn"])
            now = self._world.clock.now()
            description = {k: v for k, v in params.items() if k != "Tags"} | {
                "HyperParameterTuningJobArn": arn("hyper-parameter-tuning-job", name),
                "HyperParameterTuningJobStatus": "InProgress",
                "CreationTime": now,
                "LastModifiedTime": now,
            }
            tuning = self._tunings[name] = Tuning(description)
        wanted = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", limit or 1)
        self._world.background.submit(lambda: self._search(tuning, min(wanted, limit or wanted)))
        return {"HyperParameterTuningJobArn": description["HyperParameterTuningJobArn"]}

    def check(self, params: dict[str, Any]) -> None:
        """Refuse what a request, or the arguments of a step as far as they are known, ask for and is not done. Raises AwsError."""
        options.check("CreateHyperParameterTuningJob", params, container_image)

    @operation("sagemaker", "DescribeHyperParameterTuningJob")
    def describe(self, call: Call) -> dict[str, Any]:
        return self._described(self._get(call.params["HyperParameterTuningJobName"]))

    @operation("sagemaker", "ListHyperParameterTuningJobs")
    def list(self, call: Call) -> dict[str, Any]:
        found = []
        for described in (self._described(t) for t in list(self._tunings.values())):
            config = described["HyperParameterTuningJobConfig"]
            found.append({**described, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]})
        return _TUNINGS.page(found, call.params, _SUMMARY)

    @operation("sagemaker", "ListTrainingJobsForHyperParameterTuningJob")
    def trials(self, call: Call) -> dict[str, Any]:
        params = call.params
        tuning = self._get(params["HyperParameterTuningJobName"])
        found = [self._trial(tuning, name) for name in tuning.trials]
        shown = {name for trial in found for name in trial}
        if params.get("SortBy") == "FinalObjectiveMetricValue":
            found = [{**t, "FinalObjectiveMetricValue": _objective(t)} for t in found if _objective(t) is not None]
        return _TRIALS.page(found, params, [*shown])

    @operation("sagemaker", "StopHyperParameterTuningJob")
    def stop(self, call: Call) -> None:
        self.stop_job(call.params["HyperParameterTuningJobName"])

    def stop_job(self, name: str) -> None:
        tuning = self._get(name)
        if tuning.description["HyperParameterTuningJobStatus"] in TERMINAL:
            raise validation(f"The tuning job is in status {tuning.description['HyperParameterTuningJobStatus']} and cannot be stopped.")
        tuning.stopping = True
        tuning.description["HyperParameterTuningJobStatus"] = "Stopping"
        for trial in list(tuning.trials):
            if self._training.describe_job(trial)["TrainingJobStatus"] not in TERMINAL:
                self._training.stop_job(trial)

    def wait(self, name: str) -> dict[str, Any]:
        """Block until the job has ended; its description."""
        tuning = self._get(name)
        tuning.ended.wait()
        return self._described(tuning)

    # the search

    def _search(self, tuning: Tuning, count: int) -> None:
        description = tuning.description
        config = description["HyperParameterTuningJobConfig"]
        propose = proposer(config, description["HyperParameterTuningJobName"])
        slots = threading.Semaphore(config["ResourceLimits"]["MaxParallelTrainingJobs"])
        for number in range(1, count + 1):
            slots.acquire()
            if tuning.stopping:
                break
            self._world.background.submit(self._follow(self._start(tuning, propose(self._tried(tuning)), number), slots))
        for name in list(tuning.trials):
            self._training.wait(name)
        completed = [n for n in tuning.trials if self._training.describe_job(n)["TrainingJobStatus"] == "Completed"]
        status = "Stopped" if tuning.stopping else "Completed" if completed else "Failed"
        if status == "Failed":
            description["FailureReason"] = "All training jobs failed. Please look at failure reasons for individual training jobs."
        description["LastModifiedTime"] = description["HyperParameterTuningEndTime"] = self._world.clock.now()
        description["HyperParameterTuningJobStatus"] = status
        tuning.ended.set()
        self._emit(tuning)
        self.forget()

    def held(self) -> dict[str, Tuning]:
        return self._tunings

    def over(self, item: Tuning) -> bool:
        return item.ended.is_set()

    def drop(self, item: Tuning) -> None:
        """A tuning job goes with its trials."""
        self._training.release(item.description["HyperParameterTuningJobArn"])

    def _start(self, tuning: Tuning, values: dict[str, str], number: int) -> str:
        definition = tuning.description["TrainingJobDefinition"]
        name = f"{tuning.description['HyperParameterTuningJobName']}-{number:03d}-{new_suffix()[:8]}"
        tuning.trials[name] = values
        self._training.made_by(tuning.description["HyperParameterTuningJobArn"], name)
        parameters = {**definition.get("StaticHyperParameters", {}), **values}
        client = self._world.clients.service("sagemaker", "sagemaker.amazonaws.com")
        passed = {k: definition[k] for k in _PASSED if k in definition}
        specification = {**definition["AlgorithmSpecification"]}
        objective = tuning.description["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
        parameters["_tuning_objective_metric"] = objective
        client.create_training_job(
            **{**passed, "TrainingJobName": name, "HyperParameters": parameters, "AlgorithmSpecification": specification}
        )
        return name

    def _tried(self, tuning: Tuning) -> Sequence[Trial]:
        """The trials so far, as strategies see them."""
        found = [self._trial(tuning, name) for name in tuning.trials]
        return [Trial(t["TunedHyperParameters"], _objective(t), t["TrainingJobStatus"] not in TERMINAL) for t in found]

    def _follow(self, name: str, slots: threading.Semaphore) -> Any:
        def follow() -> None:
            self._training.wait(name)
            slots.release()

        return follow

    # descriptions

    def _described(self, tuning: Tuning) -> dict[str, Any]:
        trials = [self._trial(tuning, name) for name in tuning.trials]
        states = [t["TrainingJobStatus"] for t in trials]
        counters = {
            "Completed": states.count("Completed"),
            "InProgress": states.count("InProgress"),
            "RetryableError": 0,
            "NonRetryableError": states.count("Failed"),
            "Stopped": states.count("Stopped"),
        }
        judged = [t for t in trials if _objective(t) is not None]
        objectives = {"Succeeded": len(judged), "Pending": counters["InProgress"], "Failed": counters["Completed"] - len(judged)}
        out = {**tuning.description, "TrainingJobStatusCounters": counters, "ObjectiveStatusCounters": objectives}
        if judged:
            minimize = tuning.description["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"] == "Minimize"
            out["BestTrainingJob"] = (min if minimize else max)(judged, key=lambda t: _objective(t) or 0.0)
        return out

    def _trial(self, tuning: Tuning, name: str) -> dict[str, Any]:
        job = self._training.describe_job(name)
        objective = tuning.description["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        keys = (
            "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime", "TrainingJobStatus",
            "FailureReason",
        )  # fmt: skip
        out = {k: job[k] for k in keys if k in job} | {"TunedHyperParameters": tuning.trials[name]}
        value = next((m["Value"] for m in job.get("FinalMetricDataList", []) if m["MetricName"] == objective["MetricName"]), None)
        if value is not None and job["TrainingJobStatus"] == "Completed":
            out["FinalHyperParameterTuningJobObjectiveMetric"] = {**objective, "Value": value}
            out["ObjectiveStatus"] = "Succeeded"
        return out

    def _emit(self, tuning: Tuning) -> None:
        described = tuning.description
        detail = {k: described[k] for k in ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus")}
        times = {k: int(described[k].timestamp() * 1000) for k in ("CreationTime", "LastModifiedTime")}
        resources = [described["HyperParameterTuningJobArn"]]
        kind = "SageMaker HyperParameter Tuning Job State Change"
        self._world.events.emit("aws.sagemaker", kind, {**detail, **times}, resources)

    def _get(self, name: str) -> Tuning:
        if name not in self._tunings:
            raise validation(f"Requested resource not found: hyperparameter tuning job {name}")
        return self._tunings[name]


def _objective(trial: dict[str, Any]) -> float | None:
    found = trial.get("FinalHyperParameterTuningJobObjectiveMetric")
    return None if found is None else float(found["Value"])


def _check(params: dict[str, Any]) -> None:
    """Refuse ranges and an objective that nothing can be done with. Raises AwsError."""
    config = params["HyperParameterTuningJobConfig"]
    check(config.get("ParameterRanges", {}))
    if "HyperParameterTuningJobObjective" not in config or "TrainingJobDefinition" not in params:
        raise validation("HyperParameterTuningJobObjective and TrainingJobDefinition are required")
    specification = params["TrainingJobDefinition"]["AlgorithmSpecification"]
    known = [m["Name"] for m in specification.get("MetricDefinitions", [])]
    if specification.get("TrainingImage"):
        known += container_image(specification["TrainingImage"]).objectives
    objective = config["HyperParameterTuningJobObjective"]["MetricName"]
    if objective not in known:
        where = "the MetricDefinitions and what the image computes" if len(known) else "the MetricDefinitions"
        raise validation(f"The objective metric {objective!r} is not among {where}: {', '.join(known) or 'there are none'}")
