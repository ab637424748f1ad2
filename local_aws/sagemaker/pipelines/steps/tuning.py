"""Step type Tuning: a hyperparameter tuning job."""

from typing import Any

from local_aws.sagemaker.pipelines.steps.base import JobStep, StepCall


class TuningStep(JobStep):
    kind, method, metadata = "HyperParameterTuningJob", "hyper_parameter_tuning_job", "TuningJob"

    def run(self, call: StepCall) -> dict[str, Any]:
        """Properties hold the job's description and, best first, its training jobs."""
        description = super().run(call)
        client = self._world.clients.role("sagemaker", call.role, "pipeline")
        found = client.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=description["HyperParameterTuningJobName"], SortBy="FinalObjectiveMetricValue", MaxResults=50,
            SortOrder="Ascending" if _minimizes(description) else "Descending",
        )  # fmt: skip
        return {**description, "TrainingJobSummaries": found["TrainingJobSummaries"]}


def _minimizes(description: dict[str, Any]) -> bool:
    return bool(description["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"] == "Minimize")
