"""GitHub's OIDC provider, and roles that only jobs of one repository, in one environment, may take on."""

from collections.abc import Sequence

from constructs import Construct

from infra.delivery import deploy, operate
from infra.delivery.settings import Delivery
from infra.iam import ACCOUNT, PARTITION, Statement, allow, arn, document
from infra.stack import Stack, resource
from interfaces.names import Names

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
_HOUR = 3600


class DeliveryStack(Stack):
    """For each environment a role that deploys and one that tests, for the sandbox one that operates it; and one that compares."""

    def __init__(self, scope: Construct, id: str, *, settings: Delivery) -> None:
        super().__init__(scope, id, name=f"{settings.project}-delivery", termination_protection=True)
        self._settings = settings
        self._provider = self._made_provider() if settings.create_provider else f"arn:{PARTITION}:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
        for names in settings.deployed:
            self._role(names, "deploy", "cdk deploy, by way of the bootstrap roles", deploy.statements(names, settings.qualifier))
            self._role(names, "test", "Tests against what is deployed", _test(names))
            if names.environment == settings.sandbox:
                self._role(names, "operate", "loop verify and loop destroy", operate.statements(names, settings.qualifier), hours=4)
        if settings.diff:
            self._role(Names(settings.project, settings.diff), "read", "cdk diff of pull requests", self._diff(), any_ref=True)

    def _made_provider(self) -> str:
        # without thumbprints: IAM checks GitHub's certificate against its own library of trusted authorities
        return resource(self, "Provider", "AWS::IAM::OIDCProvider", Url=f"https://{ISSUER}", ClientIdList=[AUDIENCE]).ref

    def _role(
        self, names: Names, what: str, purpose: str, statements: Sequence[Statement], *, any_ref: bool = False, hours: int = 1
    ) -> None:
        """``{project}-{environment}-github-{what}``: its trust names audience, subject, repository, environment and branch."""
        github = self._settings.github
        claims = {
            "aud": AUDIENCE,
            "sub": github.subject(names.environment),
            "repository_id": github.repository_id,
            "environment": names.environment,
            **({} if any_ref else {"ref": f"refs/heads/{github.branch}"}),
        }
        trust: Statement = {
            "Effect": "Allow",
            "Principal": {"Federated": self._provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:{claim}": value for claim, value in claims.items()}},
        }
        boundary = self._settings.permissions_boundary
        resource(
            self,
            f"{names.environment.capitalize()}{what.capitalize()}Role",
            "AWS::IAM::Role",
            RoleName=names.role(f"github-{what}"),
            Description=f"{purpose} ({github.repository}, {names.environment})",
            AssumeRolePolicyDocument=document(trust),
            MaxSessionDuration=hours * _HOUR,
            Policies=[{"PolicyName": "least-privilege", "PolicyDocument": document(*statements)}],
            **({"PermissionsBoundary": boundary} if boundary else {}),
        )

    def _diff(self) -> list[Statement]:
        """What `cdk diff --method=template` reads. Not the bootstrap lookup role, which may read the whole account."""
        stacks = [arn("cloudformation", f"stack/{stack}/*") for names in self._settings.deployed for stack in names.stacks]
        return [allow("CompareStacks", ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"], stacks)]


def _test(names: Names) -> list[Statement]:
    """What `make integration` calls."""
    endpoints = [arn("sagemaker", f"endpoint/{names.endpoint_of(kind)}") for kind in ("real-time", "serverless")]
    return [
        allow("ReadStacks", ["cloudformation:DescribeStacks"], [arn("cloudformation", f"stack/{stack}/*") for stack in names.stacks]),
        allow("InvokeEndpoint", ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"], endpoints),
    ]
