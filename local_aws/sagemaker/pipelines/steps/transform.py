"""Step type Transform: a transform job."""

from local_aws.sagemaker.pipelines.steps.base import JobStep


class TransformStep(JobStep):
    kind, method, metadata = "TransformJob", "transform_job", "TransformJob"
