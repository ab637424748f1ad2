"""Hyperparameter tuning: trials are training jobs, judged by the metric that they print."""

import threading
from dataclasses import dataclass, field
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import Unsupported, validation
from local_aws.sagemaker.candidates import STRATEGIES, candidates, size
from local_aws.sagemaker.jobs import TERMINAL, World, new_suffix
from local_aws.sagemaker.names import arn, ordered, page
from local_aws.sagemaker.training import TrainingJobs

_REFUSED = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_PASSED = (
    "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition",
    "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "VpcConfig", "CheckpointConfig", "Environment",
)  # fmt: skip


@dataclass
class Tuning:
    """A tuning job: its description and its trials, by the name of their training job."""

    description: dict[str, Any]
    trials: dict[str, dict[str, str]] = field(default_factory=dict)
    stopping: bool = False
    ended: threading.Event = field(default_factory=threading.Event)


class TuningJobs:
    """CreateHyperParameterTuningJob and its kin."""

    kept = ("_tunings",)

    def __init__(self, world: World, training: TrainingJobs) -> None:
        self._world, self._training = world, training
        self._tunings: dict[str, Tuning] = {}
        self._lock = threading.Lock()

    @operation("sagemaker", "CreateHyperParameterTuningJob")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        name, config = params["HyperParameterTuningJobName"], params["HyperParameterTuningJobConfig"]
        _check(params)
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
        limit = size(config, name)
        wanted = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", limit or 1)
        self._world.background.submit(lambda: self._search(tuning, min(wanted, limit or wanted)))
        return {"HyperParameterTuningJobArn": description["HyperParameterTuningJobArn"]}

    @operation("sagemaker", "DescribeHyperParameterTuningJob")
    def describe(self, call: Call) -> dict[str, Any]:
        return self._described(self._get(call.params["HyperParameterTuningJobName"]))

    @operation("sagemaker", "ListHyperParameterTuningJobs")
    def list(self, call: Call) -> dict[str, Any]:
        keys = ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus", "CreationTime")
        counted = ("TrainingJobStatusCounters", "ObjectiveStatusCounters")
        found = []
        for described in (self._described(t) for t in self._tunings.values()):
            strategy = {"Strategy": described["HyperParameterTuningJobConfig"]["Strategy"]}
            found.append({k: described[k] for k in (*keys, *counted)} | strategy)
        return page(ordered(found, call.params, lambda t: t["CreationTime"]), call.params, "HyperParameterTuningJobSummaries")

    @operation("sagemaker", "ListTrainingJobsForHyperParameterTuningJob")
    def trials(self, call: Call) -> dict[str, Any]:
        params = call.params
        tuning = self._get(params["HyperParameterTuningJobName"])
        found = [self._trial(tuning, name) for name in tuning.trials]
        if params.get("SortBy") == "FinalObjectiveMetricValue":
            found = [t for t in found if _objective(t) is not None]
            found.sort(key=lambda t: _objective(t) or 0.0, reverse=params.get("SortOrder", "Ascending") == "Descending")
        else:
            found = ordered(found, params, lambda t: t["CreationTime"])
        return page(found, params, "TrainingJobSummaries")

    @operation("sagemaker", "StopHyperParameterTuningJob")
    def stop(self, call: Call) -> None:
        tuning = self._get(call.params["HyperParameterTuningJobName"])
        if tuning.description["HyperParameterTuningJobStatus"] in TERMINAL:
            raise validation(f"The tuning job is in status {tuning.description['HyperParameterTuningJobStatus']} and cannot be stopped.")
        tuning.stopping = True
        tuning.description["HyperParameterTuningJobStatus"] = "Stopping"
        for name in tuning.trials:
            if self._training.describe_job(name)["TrainingJobStatus"] not in TERMINAL:
                self._training.stop_job(name)

    def wait(self, name: str) -> dict[str, Any]:
        """Block until the job has ended; its description."""
        tuning = self._get(name)
        tuning.ended.wait()
        return self._described(tuning)

    # the search

    def _search(self, tuning: Tuning, count: int) -> None:
        description = tuning.description
        config = description["HyperParameterTuningJobConfig"]
        values = candidates(config, description["HyperParameterTuningJobName"])
        slots = threading.Semaphore(config["ResourceLimits"]["MaxParallelTrainingJobs"])
        for number in range(1, count + 1):
            slots.acquire()
            if tuning.stopping:
                break
            self._world.background.submit(self._follow(self._start(tuning, next(values), number), slots))
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

    def _start(self, tuning: Tuning, values: dict[str, str], number: int) -> str:
        definition = tuning.description["TrainingJobDefinition"]
        name = f"{tuning.description['HyperParameterTuningJobName']}-{number:03d}-{new_suffix()[:8]}"
        tuning.trials[name] = values
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
    """Refuse what is not emulated. Raises AwsError."""
    config = params["HyperParameterTuningJobConfig"]
    for name in _REFUSED:
        if params.get(name):
            raise Unsupported(f"tuning jobs with {name}")
    if config["Strategy"] not in STRATEGIES:
        raise Unsupported(f"the tuning strategy {config['Strategy']} (it does {', '.join(STRATEGIES)})")
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        raise Unsupported("tuning jobs with early stopping")
    if "HyperParameterTuningJobObjective" not in config or "TrainingJobDefinition" not in params:
        raise validation("HyperParameterTuningJobObjective and TrainingJobDefinition are required")
    metrics = params["TrainingJobDefinition"]["AlgorithmSpecification"].get("MetricDefinitions", [])
    objective = config["HyperParameterTuningJobObjective"]["MetricName"]
    if objective not in [m["Name"] for m in metrics]:
        raise validation(f"The objective metric {objective!r} is not among the MetricDefinitions: {', '.join(m['Name'] for m in metrics)}")
