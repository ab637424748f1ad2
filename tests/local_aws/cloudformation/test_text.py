"""YAML templates mean what their JSON means; rules and dynamic references are evaluated."""

import pytest

from local_aws.aws import LocalAws
from local_aws.cloudformation.text import read
from local_aws.errors import AwsError
from tests.local_aws.stacks import create, parameter, template, value
from tests.local_aws.support import refusal

YAML = """
AWSTemplateFormatVersion: 2010-09-09
Conditions: {Always: !Equals [a, a]}
Resources:
  A:
    Type: AWS::SSM::Parameter
    Condition: Always
    Properties:
      Name: !Sub "/yaml/${AWS::Region}"
      Type: String
      Value: !Join ["-", [!GetAtt B.Value, !Select [1, [x, y]], !If [Always, held, !Ref AWS::NoValue]]]
  B:
    Type: AWS::SSM::Parameter
    Properties: {Name: /yaml/b, Type: String, Value: b}
"""


def test_short_forms_become_functions_and_dates_stay_text() -> None:
    raw = read(YAML)
    assert raw["AWSTemplateFormatVersion"] == "2010-09-09"
    assert raw["Resources"]["A"]["Properties"]["Value"] == {
        "Fn::Join": [
            "-",
            [{"Fn::GetAtt": ["B", "Value"]}, {"Fn::Select": [1, ["x", "y"]]}, {"Fn::If": ["Always", "held", {"Ref": "AWS::NoValue"}]}],
        ]
    }
    with pytest.raises(AwsError, match="unsupported structure"):
        read("just text")


def test_a_yaml_template_deploys(aws: LocalAws) -> None:
    aws.client("cloudformation").create_stack(StackName="yaml", TemplateBody=YAML)
    aws.settle()
    assert value(aws, "/yaml/us-east-1") == "b-y-held"


def test_a_rule_that_does_not_hold_refuses_the_stack_before_anything_else(aws: LocalAws) -> None:
    rules = {
        "Version": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "P"}]}]}, "AssertDescription": "too old"}]}
    }
    body = {"Parameters": {"P": {"Type": "String"}}, "Rules": rules}

    text = template({"A": parameter("/rule/a")}, **body)
    given = lambda v: [{"ParameterKey": "P", "ParameterValue": v}]  # noqa: E731
    cfn = aws.client("cloudformation")
    code, message = refusal(lambda: cfn.create_stack(StackName="rule", TemplateBody=text, Parameters=given("2")))
    assert (code, "too old" in message) == ("ValidationError", True)
    cfn.create_stack(StackName="rule", TemplateBody=text, Parameters=given("3"))
    aws.settle()
    assert value(aws, "/rule/a") == "v"


def test_dynamic_references_are_read_when_the_resource_is_made(aws: LocalAws) -> None:
    aws.client("ssm").put_parameter(Name="/source", Value="from afar", Type="String")
    create(aws, "dynamic", {"A": parameter("/dynamic/a", "<{{resolve:ssm:/source}}>")})
    assert value(aws, "/dynamic/a") == "<from afar>"
    assert create(aws, "absent", {"A": parameter("/absent/a", "{{resolve:ssm:/nowhere}}")}) == "ROLLBACK_COMPLETE"
    create(aws, "vault", {"A": parameter("/vault/a", "{{resolve:secretsmanager:x}}")})
    assert value(aws, "/vault/a") is None


def test_a_template_says_what_it_needs(aws: LocalAws) -> None:
    cfn = aws.client("cloudformation")
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {}}}

    text = template({"R": role}, Parameters={"P": {"Type": "String", "Default": "d", "AllowedValues": ["d", "e"], "NoEcho": True}})
    summary = cfn.get_template_summary(TemplateBody=text)
    assert (summary["Capabilities"], summary["ResourceTypes"]) == (["CAPABILITY_NAMED_IAM"], ["AWS::IAM::Role"])
    (found,) = summary["Parameters"]
    assert (found["DefaultValue"], found["NoEcho"], found["ParameterConstraints"]["AllowedValues"]) == ("d", True, ["d", "e"])
    assert cfn.validate_template(TemplateBody=text)["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert refusal(lambda: cfn.validate_template(TemplateBody=template({"X": {"Type": "AWS::No::Such"}})))[0] == "LocalAwsUnsupported"
