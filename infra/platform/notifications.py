"""What people are told without a function in between."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import arn
from infra.platform.storage import Storage
from infra.platform.verb import Verb, pattern, sentence
from interfaces import events
from interfaces.contract import Contract

RUNBOOK = "Runbook: docs/runbooks"


class Notifications(Verb):
    """People hear of a refused drop and of a failed pipeline in a sentence, not in JSON."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        names, topic = self._names, storage.topic_arn
        refused = sentence(
            f"{names.prefix}: drop <drop> was refused: <reason> {RUNBOOK}/ingest-rejected.md",
            drop="$.detail.drop",
            reason="$.detail.reason",
        )
        failed = sentence(
            f"{names.prefix}: pipeline execution <execution> failed. {RUNBOOK}/pipeline-failed.md",
            execution="$.detail.pipelineExecutionArn",
        )
        pipeline_failed = pattern(
            "aws.sagemaker",
            events.PIPELINE_STATE_CHANGE,
            {"pipelineArn": [arn("sagemaker", f"pipeline/{names.pipeline}")], "currentPipelineExecutionStatus": ["Failed"]},
        )
        self._deliver("DropRefused", pattern(events.SOURCE, events.DATASET_REFUSED), topic, InputTransformer=refused)
        self._deliver("PipelineFailed", pipeline_failed, topic, InputTransformer=failed)
