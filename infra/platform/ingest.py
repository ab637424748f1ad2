"""Verb ingest: a finished drop starts the Glue job, a dataset version starts the pipeline."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import allow, arn
from infra.platform.storage import Storage
from infra.platform.verb import Verb, pattern
from interfaces import events, layout
from interfaces.contract import Contract
from interfaces.function_env import IngestEnv


class Ingest(Verb):
    """From a drop to a pipeline execution."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        names, landing = self._names, storage.landing
        function = self._function(
            "ingest",
            IngestEnv(
                state_table=names.state_table,
                ingest_job=names.ingest_job,
                pipeline_name=names.pipeline,
                landing_bucket=landing,
                serving_stack=names.serving_stack,
                topic_arn=storage.topic_arn,
            ),
            [
                allow("StartIngestJob", ["glue:StartJobRun"], [arn("glue", f"job/{names.ingest_job}")]),
                allow("StartPipeline", ["sagemaker:StartPipelineExecution"], [arn("sagemaker", f"pipeline/{names.pipeline}")]),
                # what serves is passed along, to be compared with what is trained
                allow("ReadServing", ["cloudformation:DescribeStacks"], [arn("cloudformation", f"stack/{names.serving_stack}/*")]),
                allow(
                    "ReadPackages", ["sagemaker:DescribeModelPackage"], [arn("sagemaker", f"model-package/{names.model_package_group}/*")]
                ),
            ],
        )
        self._rule(
            "DropLanded",
            pattern(
                "aws.s3",
                events.S3_OBJECT_CREATED,
                {"bucket": {"name": [landing]}, "object": {"key": [{"wildcard": f"{layout.DROPS}*/{layout.SUCCESS_MARKER}"}]}},
            ),
            function,
        )
        self._rule("VersionCreated", pattern(events.SOURCE, events.DATASET_CREATED), function)
        self._rule(
            "IngestFailed",
            pattern(
                "aws.glue",
                events.GLUE_STATE_CHANGE,
                {"jobName": [names.ingest_job], "state": ["FAILED", "TIMEOUT", "STOPPED"]},
            ),
            function,
        )
