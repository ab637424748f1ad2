"""Verb approve: the gate of a registered model, and the clock of those that wait for a person."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import allow, arn, s3_arn
from infra.platform.storage import Storage
from infra.platform.training import policy_of
from infra.platform.verb import Verb
from interfaces import layout
from interfaces.contract import Contract
from interfaces.events import REVIEW_WAITING
from interfaces.evidence import EVIDENCE
from interfaces.function_env import ApproveEnv
from interfaces.policy import POLICY_FILE

REVIEW_MINUTES = 60


class Approve(Verb):
    """Judges packages by the policy, which travels in the function's asset; reminds and expires on a schedule."""

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
                evidence_bucket=storage.artefacts,
                serving_stack=names.serving_stack,
                deployment=names.prefix,
                topic_arn=storage.topic_arn,
            ),
            [
                allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [packages]),
                allow("DecideOnPackages", ["sagemaker:UpdateModelPackage"], [packages]),
                # ListModelPackages has no resource to name
                allow("FindPackages", ["sagemaker:ListModelPackages"], ["*"]),
                # what serves, to see that the evaluation compared with it
                allow("ReadServing", ["cloudformation:DescribeStacks"], [arn("cloudformation", f"stack/{names.serving_stack}/*")]),
                allow("ReadEvaluation", ["s3:GetObject"], [reports]),
                allow("WriteEvidence", ["s3:PutObject"], [s3_arn(storage.artefacts, f"{EVIDENCE}/*")]),
            ],
            files={POLICY_FILE: policy_of(environment, contract).to_json()},
        )
        self._rule("PackagePending", self._package_pattern(["PendingManualApproval"]), function)
        self._rule("PackageStatusChanged", self._package_pattern(["Approved", "Rejected"]), function)
        self._every("Review", REVIEW_MINUTES, REVIEW_WAITING, function, "Judges what was missed, reminds and expires what waits")
