"""Templates: order, references, every intrinsic function, conditions and parameters."""

import json
from typing import Any

import pytest

from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.template import Template, parameters, parse
from local_aws.errors import AwsError, Unsupported
from tests.local_aws.stacks import parameter, template

MAPPINGS = {"Sizes": {"small": {"cpu": "1"}, "large": {"cpu": "8"}}}
CONDITIONS = {
    "Yes": {"Fn::Equals": [{"Ref": "Mode"}, "on"]},
    "No": {"Fn::Not": [{"Condition": "Yes"}]},
    "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
    "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
}


def scope(mode: str = "on") -> Scope:
    made = parse(template({"A": parameter("/a")}, Mappings=MAPPINGS, Conditions=CONDITIONS, Parameters={"Mode": {"Type": "String"}}))
    return Scope(made, "stack", "stack-id", {"Mode": mode}, {"A": "a-id"}, {"A": {"Arn": "a:r:n", "Deep.Er": "d"}})


def fault(text: str) -> str:
    with pytest.raises(AwsError) as caught:
        parse(text)
    return caught.value.message


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "A"}, "a-id"),
        ({"Ref": "Mode"}, "on"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::StackName"}, "stack"),
        ({"Ref": "AWS::StackId"}, "stack-id"),
        ({"Fn::GetAtt": ["A", "Arn"]}, "a:r:n"),
        ({"Fn::GetAtt": "A.Deep.Er"}, "d"),
        ({"Fn::Join": ["-", ["x", {"Ref": "A"}, 1]]}, "x-a-id-1"),
        ({"Fn::Sub": "${A}/${A.Arn}/${AWS::Region}/${Mode}/${!Literal}"}, "a-id/a:r:n/us-east-1/on/${Literal}"),
        ({"Fn::Sub": ["${x}-${A}", {"x": {"Ref": "Mode"}}]}, "on-a-id"),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", "then", {"Ref": "A"}]}, "a-id"),
        ({"Fn::FindInMap": ["Sizes", "large", "cpu"]}, "8"),
        ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Select": [0, {"Fn::Split": ["-", {"Ref": "A"}]}]}, "a"),
        ({"Fn::Base64": "text"}, "dGV4dA=="),
        ({"keep": 1, "drop": {"Ref": "AWS::NoValue"}}, {"keep": 1}),
        ([1, {"Fn::If": ["No", 2, {"Ref": "AWS::NoValue"}]}], [1]),
    ],
)
def test_intrinsics(expression: Any, value: Any) -> None:
    assert scope().value(expression) == value


@pytest.mark.parametrize(("mode", "held"), [("on", {"Yes", "Either"}), ("off", {"No", "Either"})])
def test_conditions(mode: str, held: set[str]) -> None:
    assert {name for name in CONDITIONS if scope(mode).condition(name)} == held


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ({"Fn::FindInMap": ["Sizes", "huge", "cpu"]}, "Unable to get mapping for Sizes::huge::cpu"),
        ({"Fn::Select": [2, ["a", "b"]]}, "Fn::Select cannot select nonexistent value at index 2"),
        ({"Fn::GetAtt": ["A", "Colour"]}, "the attribute Colour of AWS::SSM::Parameter (A; it does Arn, Deep.Er)"),
    ],
)
def test_what_cannot_be_evaluated_is_named(expression: Any, words: str) -> None:
    with pytest.raises(AwsError) as caught:
        scope().value(expression)
    assert words in caught.value.message


def test_order_follows_references_of_every_kind_and_depends_on() -> None:
    made = parse(
        template(
            {
                "A": parameter("/a", DependsOn="E"),
                "B": parameter("/b", {"Fn::Sub": "${C.Arn}"}),
                "C": parameter("/c", {"Fn::Join": ["", [{"Ref": "D"}]]}),
                "D": parameter("/d", {"Fn::GetAtt": ["E", "Arn"]}),
                "E": parameter("/e", {"Fn::Sub": ["${A}", {"A": "not the resource"}]}),
            }
        )
    )
    assert made.order == ["E", "A", "D", "C", "B"]


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (parameter("/a", {"Ref": "Absent"}), "Unresolved resource dependencies [Absent]"),
        (parameter("/a", {"Fn::Sub": "${Absent.Arn}"}), "Unresolved resource dependencies [Absent]"),
        (parameter("/a", DependsOn=["Absent"]), "Unresolved resource dependencies [Absent]"),
        (parameter("/a", {"Ref": "A"}), "Circular dependency between resources: [A]"),
        (parameter("/a", {"Fn::Cidr": ["10.0.0.0/16", 2, 8]}), "the intrinsic function Fn::Cidr"),
        (parameter("/a", {"Fn::If": ["Absent", 1, 2]}), "Unresolved condition dependency Absent"),
        (parameter("/a", Condition="Absent"), "Unresolved condition dependency Absent"),
        (parameter("/a", DeletionPolicy="Snapshot"), "the DeletionPolicy Snapshot (A; it does Delete, Retain, RetainExceptOnCreate)"),
        (parameter("/a", CreationPolicy={}), "the attribute CreationPolicy of a resource (A)"),
    ],
)
def test_a_template_that_cannot_be_deployed_is_refused(resource: dict[str, Any], words: str) -> None:
    assert words in fault(template({"A": resource}))


def test_sections_outputs_and_text_are_checked() -> None:
    good = {"A": parameter("/a")}
    assert "Unresolved resource dependencies [Absent] in the Outputs block" in fault(
        template(good, Outputs={"O": {"Value": {"Ref": "Absent"}}})
    )
    assert "Unresolved resource dependencies [Absent]" in fault(
        template(good, Outputs={"O": {"Value": "x", "Export": {"Name": {"Ref": "Absent"}}}})
    )
    assert "templates with a Transform" in fault(template(good, Transform="AWS::Serverless"))
    assert "At least one Resources member" in fault(template({}))
    assert "JSON not well-formed" in fault('{"Resources": ')
    assert "YAML not well-formed" in fault("Resources: [")


def declared(**spec: Any) -> Template:
    return parse(template({"A": parameter("/a")}, Parameters={"P": {"Type": "String", **spec}}))


def test_a_parameter_is_given_or_has_a_default_or_keeps_its_previous_value() -> None:
    assert parameters(declared(Default="d"), {}, {}) == {"P": "d"}
    assert parameters(declared(Default="d"), {"P": "g"}, {}) == {"P": "g"}
    assert parameters(declared(Default="d"), {}, {"P": "before"}) == {"P": "d"}
    assert parameters(declared(Default="d"), {"P": None}, {"P": "before"}) == {"P": "before"}
    assert parameters(declared(Default=""), {}, {}) == {"P": ""}


@pytest.mark.parametrize(
    ("spec", "given", "words"),
    [
        ({}, {}, "Parameters: [P] must have values"),
        ({}, {"P": "x", "Q": "y"}, "Parameters: [Q] do not exist in the template"),
        ({"AllowedPattern": "[0-9]+"}, {"P": "1x"}, "Parameter 'P' must match pattern [0-9]+"),
        ({"AllowedValues": ["a", "b"]}, {"P": "c"}, "Parameter 'P' must be one of AllowedValues"),
        ({"Type": "Number"}, {"P": "many"}, "Parameter 'P' must be a number"),
        ({"Type": "Number", "MaxValue": 3}, {"P": "4"}, "Parameter 'P' is outside of"),
        ({"MinLength": 2}, {"P": "x"}, "Parameter 'P' is outside of MinLength 2"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(spec: dict[str, Any], given: dict[str, str | None], words: str) -> None:
    with pytest.raises(AwsError) as caught:
        parameters(declared(**spec), given, {})
    assert words in caught.value.message


def test_an_attribute_that_is_not_emulated_is_refused_as_such() -> None:
    with pytest.raises(Unsupported):
        scope().value({"Fn::GetAtt": ["A", "Colour"]})
    assert json.loads(scope().template.text)["Resources"]["A"]
