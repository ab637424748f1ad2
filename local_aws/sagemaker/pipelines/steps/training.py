"""Step type Training: a training job."""

from local_aws.sagemaker.pipelines.steps.base import JobStep


class TrainingStep(JobStep):
    kind, method, metadata = "TrainingJob", "training_job", "TrainingJob"
