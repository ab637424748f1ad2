"""Every role: one for each purpose, trusted by one service, allowed what it needs and nothing by a wildcard without a reason."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from infra.nag import flat
from infra.wildcards import ENVIRONMENTS

# Actions for which AWS documents no resource type
WITHOUT_RESOURCE = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListEndpoints",
    "sagemaker:ListModelPackages",
    "sagemaker:ListModels",
    "sagemaker:ListMonitoringExecutions",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def test_no_role_has_a_managed_policy_or_one_outside_its_definition(dev: Any) -> None:
    assert not [id for id, role in dev.of_type("AWS::IAM::Role").items() if "ManagedPolicyArns" in role["Properties"]]
    assert not dev.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::Group")


def test_every_statement_says_what_it_is_for(dev: Any) -> None:
    for role in dev.properties("AWS::IAM::Role"):
        sids = Counter(statement.get("Sid") for statement in _of(role))
        assert None not in sids
        assert max(sids.values()) == 1, (role["RoleName"], sids)


def test_no_action_is_a_wildcard(dev: Any) -> None:
    assert not [(name, a) for name, s in _statements(dev) for a in _listed(s["Action"]) if "*" in a or "NotAction" in s]


def test_every_wildcard_resource_has_a_reason_and_every_reason_a_wildcard(dev: Any) -> None:
    found = {s["Sid"]: name for name, s in _statements(dev) if any("*" in flat(r) for r in _listed(s["Resource"]))}
    assert set(found) == set(ENVIRONMENTS)


def test_everything_is_a_resource_only_of_actions_that_have_none(dev: Any) -> None:
    assert {a for _, s in _statements(dev) if s["Resource"] == "*" for a in _listed(s["Action"])} == WITHOUT_RESOURCE
    mixed = [(name, s["Sid"]) for name, s in _statements(dev) if s["Resource"] != "*" and WITHOUT_RESOURCE & set(_listed(s["Action"]))]
    assert not mixed


def test_a_role_is_passed_to_one_service_only(dev: Any) -> None:
    passing = [(name, s) for name, s in _statements(dev) if "iam:PassRole" in _listed(s["Action"])]
    assert passing
    for name, statement in passing:
        assert statement["Action"] == "iam:PassRole", name
        assert set(statement["Condition"]["StringEquals"]) == {"iam:PassedToService"}, name
        assert "*" not in flat(statement["Resource"]), name


def test_a_stack_is_updated_only_with_its_own_service_role(dev: Any) -> None:
    for kind in ("serving", "monitoring"):
        (statement,) = (s for _, s in _statements(dev) if s["Sid"] == f"Update{kind.capitalize()}")
        assert flat(statement["Condition"]["StringEquals"]["cloudformation:RoleArn"]).endswith(f":role/{dev.names.role(f'{kind}-deploy')}")


def test_trust_is_one_service_bound_to_this_account(dev: Any) -> None:
    bound = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for role in dev.properties("AWS::IAM::Role"):
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert set(trust["Principal"]) == {"Service"}, role["RoleName"]
        assert trust["Action"] == "sts:AssumeRole"
        # Lambda assumes an execution role without naming a source account
        of_lambda = trust["Principal"]["Service"] == "lambda.amazonaws.com"
        assert trust.get("Condition") == (None if of_lambda else bound), role["RoleName"]


def test_each_function_and_each_kind_of_job_has_its_own_role(dev: Any) -> None:
    roles = {flat(p["Role"]) for p in dev.properties("AWS::Lambda::Function")}
    assert len(roles) == len(dev.of_type("AWS::Lambda::Function"))
    purposes = Counter(p["Description"] for p in dev.properties("AWS::IAM::Role"))
    assert max(purposes.values()) == 1
    expected = (
        "ingest-job processing-job training-job collect-job monitor-job pipeline serving-deploy monitoring-deploy "
        "ingest approve review decide release reconcile monitor monitor-tick retrain retrain-tick sweep sweep-daily endpoint"
    )
    assert {p["RoleName"] for p in dev.properties("AWS::IAM::Role")} == {dev.names.role(what) for what in expected.split()}


def test_jobs_with_encrypted_volumes_may_grant_the_key_to_aws_alone(dev: Any) -> None:
    grants = {name: s for name, s in _statements(dev) if "kms:CreateGrant" in _listed(s["Action"])}
    assert set(grants) == {dev.names.role(f"{kind}-job") for kind in ("processing", "training", "collect", "monitor")}
    assert all(s["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}} for s in grants.values())


def _statements(cloud: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for role in cloud.properties("AWS::IAM::Role"):
        for statement in _of(role):
            yield role["RoleName"], statement


def _of(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for policy in role["Policies"] for s in _listed(policy["PolicyDocument"]["Statement"])]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
