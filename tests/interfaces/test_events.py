"""An event of ours is a complete PutEvents entry."""

import json

from interfaces import events


def test_entry_carries_its_detail_as_json_and_its_resource():
    entry = events.entry(events.DATASET_CREATED, {"version": "v1", "rows": 3}, "arn:x")
    assert entry["Source"] == "mlops-loop"
    assert entry["DetailType"] == "Dataset Version Created"
    assert json.loads(entry["Detail"]) == {"rows": 3, "version": "v1"}
    assert entry["Resources"] == ["arn:x"]


def test_without_a_resource_the_list_is_empty():
    assert events.entry(events.DATASET_REFUSED, {})["Resources"] == []
