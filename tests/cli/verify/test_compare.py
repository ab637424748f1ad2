"""Every kind of difference is found, in both directions, and nothing else is."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cli.verify.compare import differences

CLAIMED: dict[str, Any] = {
    "events": {"aws.x · Done": {"shape": {"detail.a": "string", "detail.b?": "number"}, "states": {"status": ["GOING", "GONE"]}}},
    "states": {"endpoint": ["InService"]},
    "formats": {"capture file": ["capture/{hour}/{uuid}"], "record": {"data": "string"}, "code": "ModelError"},
    "permissions": [],
}

Change = Callable[[dict[str, Any]], Any]


def seen(change: Change = lambda _: None) -> dict[str, Any]:
    value = {**copy.deepcopy(CLAIMED), "permissions": {}}
    change(value)
    return value


def found(change: Change) -> list[str]:
    return [str(d) for d in differences(CLAIMED, seen(change))]


def test_what_is_as_claimed_is_no_difference() -> None:
    assert differences(CLAIMED, seen()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v["events"].clear(), ["event", "aws.x · Done", "no such event"]),
        (
            lambda v: v["events"].update({"aws.y · New": v["events"]["aws.x · Done"]}),
            ["aws.y · New", "claims nothing", "seen: that it is sent"],
        ),
        (lambda v: v["events"]["aws.x · Done"]["shape"].pop("detail.a"), ["detail.a", "claims string", "no such key"]),
        (lambda v: v["events"]["aws.x · Done"]["shape"].update({"detail.new": "map"}), ["detail.new", "claims nothing", "seen: map"]),
        (lambda v: v["events"]["aws.x · Done"]["shape"].update({"detail.a": "number"}), ["detail.a", "claims string", "seen: number"]),
        (lambda v: v["events"]["aws.x · Done"]["states"].update({"status": ["GOING", "Gone"]}), ["state", "GOING, GONE", "GOING, Gone"]),
        (lambda v: v["states"].update({"endpoint": ["Updating"]}), ["state", "endpoint", "InService", "Updating"]),
        (lambda v: v["states"].clear(), ["state", "endpoint", "InService", "seen: nothing"]),
        (lambda v: v["formats"].update({"capture file": ["capture/hour={hour}/{uuid}"]}), ["format", "capture file", "hour={hour}"]),
        (lambda v: v["formats"].pop("record"), ["format", "record", "seen: nothing"]),
        (lambda v: v["formats"].update({"code": "InternalFailure"}), ["format", "code", "ModelError", "InternalFailure"]),
        (lambda v: v["permissions"].update({"r · s3:GetObject on x": "implicitDeny"}), ["permission", "r · s3:GetObject", "implicitDeny"]),
    ],
)
def test_each_difference_is_one_line_that_says_both_sides(change: Change, words: list[str]) -> None:
    (line,) = found(change)
    assert all(word in line for word in words)


def test_what_a_claim_calls_optional_may_be_missing() -> None:
    assert found(lambda v: v["events"]["aws.x · Done"]["shape"].pop("detail.b?")) == []
    assert found(lambda v: v["events"]["aws.x · Done"].update({"shape": {"detail.a": "string", "detail.b": "number"}})) == []


def test_differences_are_plain_values_on_demand() -> None:
    (difference,) = differences(CLAIMED, seen(lambda v: v["states"].clear()))
    assert difference.plain() == {"kind": "state", "where": "endpoint", "claimed": "InService", "seen": ""}
