"""A malformed definition is refused when it is stored, with the step, the member, what was found and what is allowed."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.errors import AwsError
from local_aws.sagemaker.pipelines.definition import parse
from local_aws.sagemaker.pipelines.structure import check
from tests.local_aws.definitions import condition, create, definition, fail, processing, wanted
from tests.local_aws.support import ROLE, refusal

GOLDEN = Path(__file__).parents[3] / "golden" / "pipeline.json"
EQUAL = {"Type": "Equals", "LeftValue": 1, "RightValue": wanted("Execution.PipelineName")}
LAMBDA = {"Name": "a", "Type": "Lambda", "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f"}
CALLBACK = {
    "Name": "a",
    "Type": "Callback",
    "SqsQueueUrl": {"Std:Join": {"On": "/", "Values": ["https:/", wanted("Execution.PipelineName")]}},
}
MODEL = {"Name": "a", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE}}


def fault(*steps: Any, parameters: Any = ()) -> str:
    with pytest.raises(AwsError) as caught:
        parse(definition(*steps, parameters=parameters))
    assert caught.value.code == "ValidationException"
    return caught.value.message


def without(step: dict[str, Any], name: str) -> dict[str, Any]:
    return {k: v for k, v in step.items() if k != name}


def test_what_the_sdk_compiles_has_the_form() -> None:
    check(json.loads(GOLDEN.read_text()))


def test_every_member_that_a_step_may_have_is_taken() -> None:
    policies = [
        {"ExceptionType": "Step.THROTTLING", "MaxAttempts": 2},
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 5, "BackoffRate": 1.5, "ExpireAfterMin": 10},
    ]
    cached = {"CacheConfig": {"Enabled": True, "ExpireAfter": "1d"}, "DisplayName": "A step", "Description": "It does."}
    files = [{"PropertyFileName": "f", "OutputName": "out", "FilePath": "f.json"}]
    got = {"Std:JsonGet": {"PropertyFile": wanted("Steps.p.PropertyFiles.f"), "Path": "a.b"}}
    outputs = [{"OutputName": "x", "OutputType": "Integer"}, {"OutputName": "y"}]
    parse(
        definition(
            processing("p", RetryPolicies=policies, PropertyFiles=files, **cached),
            {**LAMBDA, "Name": "l", "Arguments": {"deep": [{"x": got}]}, "OutputParameters": outputs, "DependsOn": ["p"]},
            {**CALLBACK, "Name": "c", "Arguments": {}, "DependsOn": [{"Step": "p", "Trigger": "Any"}]},
            condition(
                "if",
                {"Type": "Or", "Conditions": [EQUAL, {"Type": "Not", "Expression": EQUAL}, {"Type": "Not", "Condition": EQUAL}]},
                yes=[fail("f", got)],
            ),
            parameters=[
                {"Name": "S", "Type": "String", "DefaultValue": "x", "EnumValues": ["x", "y"], "Description": "a letter"},
                {"Name": "B", "Type": "Boolean", "DefaultValue": False},
                {"Name": "F", "Type": "Float", "DefaultValue": 1},
            ],
        )
    )


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (without(fail("a", "x"), "Name"), "Step 1 of Steps: the member 'Name' is missing"),
        (without(fail("a", "x"), "Type"), "Step 'a': the member 'Type' is missing"),
        ({**fail("a", "x"), "Type": None}, "Step 'a': Type: found null; allowed: of type string"),
        ("a", "Step 1 of Steps: found \"a\"; allowed: of type object"),
        (fail("no spaces", "x"), "Step 'no spaces': Name: found \"no spaces\"; allowed: 1 to 64 letters, digits, hyphens and underscores"),
        (processing("a", DependsOn="b"), "Step 'a': DependsOn: found \"b\"; allowed: of type array"),
        (processing("a", DependsOn=[3]), "Step 'a': DependsOn[0]: found 3; allowed: the name of a step, or a Step with a Trigger"),
        (processing("a", Dependson=["b"]), "Step 'a': unknown member 'Dependson'; allowed: Name, Type, Arguments, DependsOn"),
        (processing("a", CacheConfig={"Enabled": "yes"}), "Step 'a': CacheConfig.Enabled: found \"yes\"; allowed: of type boolean"),
        (processing("a", RetryPolicies=[{"MaxAttempts": 2}]), "Step 'a': RetryPolicies[0]: the member 'ExceptionType' is missing"),
        (
            processing("a", RetryPolicies=[{"ExceptionType": ["Sometimes"]}]),
            "Step 'a': RetryPolicies[0].ExceptionType: found [\"Sometimes\"]; allowed: one or several of Step.SERVICE_FAULT",
        ),
        (processing("a", PropertyFiles=[{"OutputName": "o"}]), "Step 'a': PropertyFiles[0]: the member 'PropertyFileName' is missing"),
        (without(LAMBDA, "FunctionArn"), "Step 'a': the member 'FunctionArn' is missing"),
        (
            {**LAMBDA, "OutputParameters": [{"OutputName": "x", "OutputType": "Text"}]},
            "Step 'a': OutputParameters[0].OutputType: found \"Text\"; allowed: String, Integer, Boolean, Float",
        ),
        ({**CALLBACK, "SqsQueueUrl": 7}, "Step 'a': SqsQueueUrl: found 7; allowed: text, or a Get, Std:Join or Std:JsonGet"),
        (fail("a", 3), "Step 'a': Arguments.ErrorMessage: found 3; allowed: text"),
        ({"Name": "a", "Type": "Fail", "Arguments": {}}, "Step 'a': Arguments: the member 'ErrorMessage' is missing"),
        ({"Name": "a", "Type": "Condition", "Arguments": {}}, "Step 'a': Arguments: the member 'Conditions' is missing"),
        (condition("a", {"Type": "Equals", "LeftValue": 1}), "Step 'a': Arguments.Conditions[0]: the member 'RightValue' is missing"),
        (condition("a", {"Type": "In", "Value": 1, "In": [1]}), "Step 'a': Arguments.Conditions[0]: the member 'QueryValue' is missing"),
        (condition("a", {"Type": "Not"}), "Step 'a': Arguments.Conditions[0]: found {\"Type\": \"Not\"}; allowed: a Not with a Condition"),
        (condition("a", EQUAL, yes=[{"Name": "in", "Type": "Fail"}]), "Step 'in': the member 'Arguments' is missing"),
        (condition("a", EQUAL, no=[{"Type": "Fail"}]), "Step 1 of ElseSteps: the member 'Name' is missing"),
        (
            processing("a", environment={"x": {"Std:Join": {"Values": []}}}),
            "Step 'a': Arguments.Environment.x.Std:Join: the member 'On' is missing",
        ),
        (processing("a", environment={"x": {"Get": 3}}), "Step 'a': Arguments.Environment.x.Get: found 3; allowed: the path of"),
        (
            {**MODEL, "Arguments": {"ExecutionRoleArn": ROLE, "Container": {}}},
            "Step 'a': Arguments: unknown member 'Container'; CreateModel takes: ModelName, PrimaryContainer, Containers",
        ),
        (
            {"Name": "a", "Type": "Training", "Arguments": {"RoleArn": ROLE}},
            "Step 'a': Arguments: the member 'OutputDataConfig' is missing; CreateTrainingJob requires it",
        ),
        (condition("c", EQUAL, yes=[{**MODEL, "Arguments": {"Tag": []}}]), "Step 'a': Arguments: unknown member 'Tag'"),
    ],
)  # fmt: skip
def test_a_malformed_step_is_named_with_its_member(step: Any, words: str) -> None:
    assert words in fault(step)


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ({"Type": "String"}, "Parameter 1 of Parameters: the member 'Name' is missing"),
        ({"Name": "p"}, "Parameter 'p': the member 'Type' is missing"),
        ({"Name": "p", "Type": "Integer", "DefaultValue": "1"}, "Parameter 'p': DefaultValue: found \"1\"; allowed: of type integer"),
        ({"Name": "p", "Type": "String", "Default": "1"}, "Parameter 'p': unknown member 'Default'; allowed: Name, Type, Description"),
    ],
)
def test_a_malformed_parameter_is_named_with_its_member(parameter: dict[str, Any], words: str) -> None:
    assert words in fault(fail("a", "x"), parameters=[parameter])


def test_the_document_itself_has_a_form() -> None:
    for text, words in (
        ("[]", "it is of type list and not an object"),
        (json.dumps({"Version": "2020-12-01"}), "the member 'Steps' is missing"),
        (json.dumps({"Version": "2020-12-01", "Steps": {}}), "Steps: found {}; allowed: of type array"),
        (json.dumps({"Version": "2020-12-01", "Steps": [], "Stages": []}), "unknown member 'Stages'; allowed: Version, Metadata"),
    ):
        with pytest.raises(AwsError) as caught:
            parse(text)
        assert words in caught.value.message


def test_creating_and_updating_are_refused_alike_and_leave_nothing(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    broken = definition(without(fail("a", "x"), "Arguments"))
    given = {"PipelineName": "broken", "RoleArn": ROLE, "PipelineDefinition": broken, "ClientRequestToken": uuid.uuid4().hex}
    expected = ("ValidationException", "Unable to parse pipeline definition. Step 'a': the member 'Arguments' is missing")
    assert refusal(lambda: sagemaker.create_pipeline(**given)) == expected
    assert refusal(lambda: sagemaker.describe_pipeline(PipelineName="broken"))[0] == "ResourceNotFound"
    name = create(aws, fail("a", "x"))
    before = sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"]
    assert refusal(lambda: sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=broken)) == expected
    assert sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"] == before
