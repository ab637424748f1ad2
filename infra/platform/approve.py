"""Verb approve: the gate of a registered model."""

from constructs import Construct

from infra.environment import Environment, metric_of
from infra.iam import allow, arn, s3_arn
from infra.platform.storage import Storage
from infra.platform.verb import Verb
from interfaces import layout
from interfaces.contract import Contract
from interfaces.function_env import ApproveEnv


class Approve(Verb):
    """Judges packages that wait for a decision."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        names = self._names
        packages = arn("sagemaker", f"model-package/{names.model_package_group}/*")
        reports = s3_arn(storage.artefacts, f"{layout.RUNS}/*/evaluate/*")
        function = self._function(
            "approve",
            ApproveEnv(
                state_table=names.state_table,
                model_package_group=names.model_package_group,
                problem_type=contract.problem_type,
                metric=metric_of(environment, contract),
                threshold=environment.pipeline.threshold,
                approval_mode=environment.approval.mode,
                topic_arn=storage.topic_arn,
            ),
            [
                allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [packages]),
                allow("DecideOnPackages", ["sagemaker:UpdateModelPackage"], [packages]),
                allow("ReadEvaluation", ["s3:GetObject"], [reports]),
            ],
        )
        self._rule("PackagePending", self._package_pattern(["PendingManualApproval"]), function)
