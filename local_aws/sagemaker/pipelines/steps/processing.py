"""Step type Processing: a processing job."""

from local_aws.sagemaker.pipelines.steps.base import JobStep


class ProcessingStep(JobStep):
    kind, method, metadata = "ProcessingJob", "processing_job", "ProcessingJob"
