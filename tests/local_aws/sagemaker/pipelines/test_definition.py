"""Definitions are refused by name when they are stored: types, references, circles, caches."""

import json
from typing import Any

import pytest

from local_aws.errors import AwsError, Unsupported
from local_aws.sagemaker.pipelines.definition import parse
from tests.local_aws.definitions import condition, definition, fail, processing, wanted

EQUAL = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}


def fault(text: str) -> str:
    with pytest.raises(AwsError) as caught:
        parse(text)
    return caught.value.message


def test_dependencies_come_from_references_depends_on_and_branches() -> None:
    steps = parse(
        definition(
            processing("a"),
            processing("b_1", environment={"x": {"Std:Join": {"On": "", "Values": [wanted("Steps.a.ProcessingJobArn")]}}}),
            condition("gate", EQUAL, yes=[processing("in")], no=[fail("out", "no")], DependsOn=["b_1"]),
            processing("last", environment={"x": wanted("Steps.b_1.ProcessingJobName")}),
        )
    ).steps
    assert {name: step.after for name, step in steps.items()} == {
        "a": set(), "b_1": {"a"}, "gate": {"b_1"}, "in": {"gate"}, "out": {"gate"}, "last": {"b_1"},
    }  # fmt: skip
    assert (steps["in"].branch, steps["out"].branch) == (("gate", True), ("gate", False))


@pytest.mark.parametrize("kind", ["EMR", "QualityCheck", "AutoML"])
def test_an_unsupported_step_type_is_refused_by_name(kind: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse(definition({"Name": "odd", "Type": kind, "Arguments": {}}))
    assert f"steps of type {kind!r} (step 'odd'" in caught.value.message


@pytest.mark.parametrize(
    "outer", [lambda c: c, lambda c: {"Type": "Not", "Expression": c}, lambda c: {"Type": "Or", "Conditions": [EQUAL, c]}]
)
def test_an_unsupported_condition_is_refused_at_any_depth(outer: Any) -> None:
    with pytest.raises(Unsupported, match="conditions of type 'Sometimes' \\(step gate"):
        parse(definition(condition("gate", outer({"Type": "Sometimes"}))))


@pytest.mark.parametrize(
    ("path", "parameters"),
    [("Parameters.absent", []), ("Execution.Absent", []), ("Steps.absent.Arn", []), ("Elsewhere.x", [])],
)
def test_a_dangling_reference_is_refused(path: str, parameters: list[Any]) -> None:
    message = fault(definition(processing("a", environment={"x": wanted(path)}), parameters=parameters))
    assert "Step 'a'" in message
    assert path.split(".")[1] in message


def test_an_unknown_dependency_and_a_circle_are_refused() -> None:
    assert "Step 'a' depends on the step 'b', which does not exist" in fault(definition(processing("a", DependsOn=["b"])))
    circle = definition(processing("a", DependsOn=["b"]), processing("b", DependsOn=["a"]), processing("c"))
    assert fault(circle).endswith("in a circle: a, b")


def test_names_versions_types_and_emptiness_are_checked() -> None:
    assert "Step names must be unique: a" in fault(definition(processing("a"), condition("gate", EQUAL, yes=[processing("a")])))
    assert "It has no steps" in fault(definition())
    assert "Version '2019'" in fault(json.dumps({"Version": "2019", "Steps": []}))
    assert "Unable to parse pipeline definition" in fault("{")
    assert "Parameter x has the unknown type Text" in fault(definition(processing("a"), parameters=[{"Name": "x", "Type": "Text"}]))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (processing("a", CacheConfig={"Enabled": True}), "Step 'a': CacheConfig needs ExpireAfter"),
        (processing("a", CacheConfig={"Enabled": True, "ExpireAfter": "soon"}), "'soon' is not an ISO 8601 duration"),
        ({**fail("a", "x"), "CacheConfig": {"Enabled": True, "ExpireAfter": "1d"}}, "a cached step of type Fail (step 'a'"),
    ],
)
def test_a_cache_that_cannot_be_kept_is_refused(step: dict[str, Any], words: str) -> None:
    assert words in fault(definition(step))
