"""What a target receives: a constant, a part, or a filled template."""

import json
from typing import Any

import pytest

from local_aws.errors import AwsError
from local_aws.events.transform import lookup, target_input

EVENT = {"id": "1", "time": "2026-01-01T00:00:00Z", "detail": {"name": 'a "b"', "n": 3, "list": [{"x": 1}], "null": None}}
RULE = "arn:aws:events:us-east-1:123456789012:rule/nightly"


def test_the_event_itself_a_constant_or_a_part() -> None:
    assert json.loads(target_input({}, EVENT, RULE)) == EVENT
    assert target_input({"Input": '{"k": 1}'}, EVENT, RULE) == '{"k": 1}'
    assert json.loads(target_input({"InputPath": "$.detail.list"}, EVENT, RULE)) == [{"x": 1}]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{"n": <n>, "name": <name>}', {"n": 3, "name": 'a "b"'}),
        ('{"text": "n is <n>, name is <name>"}', {"text": 'n is 3, name is a "b"'}),
        ('{"rule": "<aws.events.rule-name>", "arn": <aws.events.rule-arn>}', {"rule": "nightly", "arn": RULE}),
        ('{"all": <aws.events.event.json>}', {"all": EVENT}),
        ('{"at": "<aws.events.event.ingestion-time>"}', {"at": EVENT["time"]}),
        ('{"missing": "<missing>", "other": "<not-declared>"}', {"missing": "", "other": "<not-declared>"}),
        ('"<n> rows"', "3 rows"),
    ],
)
def test_a_template_is_filled(template: str, text: Any) -> None:
    paths = {"n": "$.detail.n", "name": "$.detail.name", "missing": "$.detail.absent"}
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    assert json.loads(target_input(target, EVENT, RULE)) == text


def test_paths() -> None:
    assert lookup(EVENT, "$.detail.list[0].x") == 1
    assert lookup(EVENT, "$.detail.list[7].x") is None
    assert lookup(EVENT, "$") == EVENT
    with pytest.raises(AwsError, match="not a JSON path"):
        lookup(EVENT, "detail.n")
