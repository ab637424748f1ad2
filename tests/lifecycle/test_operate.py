"""The sandbox's roles, as the delivery stack makes them, do what a night's run does.

The deploy role looks at the account before a deployment, the operate role verifies, and destroys with everything left.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from leftovers import bootstrap_role, leave
from policy_check import unused, violations
from support import NAMES, World, loan_rows

from cli.deployed import scaled_on
from cli.destroy.run import Destroy
from cli.preflight.finding import UNKNOWN
from cli.preflight.run import preflight
from cli.progress import Progress
from cli.verify.run import verify
from infra.delivery.app import build
from infra.delivery.settings import parse
from local_aws.deploy import deploy
from tests.local_aws.endpoints import config, create, model
from tests.local_aws.support import furnish

pytestmark = pytest.mark.slow
ROLE, DEPLOY = NAMES.role("github-operate"), NAMES.role("github-deploy")
GITHUB = {"repository": "octo-org/loans", "repository_id": "123456789", "owner_id": "1234567"}
# asked for by services on behalf of the caller, or of things that this world has none of: the journal does not see them
UNSEEN = {
    "kms:Decrypt",  # objects and their data keys
    "kms:GenerateDataKey",
    "sagemaker:StopProcessingJob",  # a job that still runs when its environment goes
    "sagemaker:StopTrainingJob",
    "sagemaker:DeleteMonitoringSchedule",  # an account that Model Monitor is open to
    "cloudformation:DescribeStackEvents",  # a deletion that fails
    "servicequotas:ListAWSDefaultServiceQuotas",  # a quota that was never changed for the account: the local one lists them all
    "sts:AssumeRole",  # the CDK's command line, which tests/clients runs
}


@pytest.fixture(scope="module")
def operated(world: World, assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with the delivery stack beside it; all commands are carried out as the roles."""
    out = tmp_path_factory.mktemp("delivery")
    build(parse({"project": NAMES.project, "environments": ["local"], "sandbox": "local", "github": GITHUB}, "x"), outdir=str(out)).synth()
    deploy(world.aws.client, out)
    bootstrap_role(world.aws.client("iam"))

    def client(service: str, role: str = ROLE) -> Any:
        return world.aws.clients.role(service, f"arn:aws:iam::123456789012:role/{role}", "github")

    done = verify(client, NAMES, Progress(as_json=True), minutes=5, poll_s=0.1, late_s=1.0)
    assert not done.stopped and not done.differences
    world.land("first", ("a.csv", loan_rows(1200)))
    package = world.until(lambda: next((p for p in world.packages() if p["ModelApprovalStatus"] == "Approved"), None))
    world.until(lambda: world.serves(package["ModelPackageArn"]))
    _look(world, lambda service: client(service, DEPLOY), assembly)
    leave(world)
    world.land("second", ("a.csv", loan_rows(1300, seed=4)))
    world.until(lambda: [e for e in world.executions() if e["PipelineExecutionStatus"] == "Executing"])
    for left in (lambda _: None, _leave_what_stacks_make):
        left(world)
        Destroy(client, NAMES, Progress(as_json=True), sleep=lambda _: world.aws.settle()).run()
    yield world


def _look(world: World, client: Callable[[str], Any], assembly: Path) -> None:
    """As `make deploy` does before it calls the CDK; what is unknown is what the role may not look at."""
    world.aws.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Type="String", Value="30")
    assert scaled_on(client, NAMES.endpoint)
    unknown = {finding.check for finding in preflight(client, assembly, "us-east-1") if finding.status == UNKNOWN}
    assert unknown <= {"engine", "quotas"}


def _leave_what_stacks_make(world: World) -> None:
    """As a deletion that was interrupted, and retained data, leave things."""
    client = world.aws.client
    sagemaker, kms = client("sagemaker"), client("kms")
    sagemaker.create_model_package_group(ModelPackageGroupName=NAMES.model_package_group)
    client("s3").create_bucket(Bucket=world.buckets["data"])
    attribute = {"AttributeName": "pk", "AttributeType": "S"}
    client("dynamodb").create_table(
        TableName=NAMES.state_table,
        AttributeDefinitions=[attribute],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = kms.create_key(Description=f"Encrypts the data of {NAMES.prefix}")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{NAMES.prefix}", TargetKeyId=key)
    client("cloudwatch").put_metric_alarm(
        AlarmName=NAMES.alarm("left"),
        Namespace="x",
        MetricName="x",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    _leave_an_endpoint(world)


def _leave_an_endpoint(world: World) -> None:
    """With a model and a config."""
    furnish(world.aws)
    model(world.aws, NAMES.model(98))
    create(world.aws, NAMES.endpoint, config(world.aws, NAMES.endpoint_config(98), **{NAMES.model(98): 1.0}))


@pytest.mark.parametrize("role", [DEPLOY, ROLE])
def test_every_call_is_one_that_the_role_may_make(operated: World, role: str) -> None:
    assert violations(operated.aws, role) == []


@pytest.mark.parametrize("role", [DEPLOY, ROLE])
def test_no_permission_is_unused(operated: World, role: str) -> None:
    assert unused(operated.aws, role) - UNSEEN == set()


def test_what_it_may_do_to_stacks_is_bound_to_the_roles_that_it_passes(operated: World) -> None:
    (name,) = operated.aws.client("iam").list_role_policies(RoleName=ROLE)["PolicyNames"]
    document = operated.aws.client("iam").get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
    found = {s["Sid"]: json.dumps(s.get("Condition", {})) for s in document["Statement"]}
    assert "serving-deploy" in found["WithdrawRelease"] and "cfn-exec-role" in found["DeleteStacks"]
