"""What a window's job is given of what lies in the data bucket."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from interfaces.monitors import MONITORS, PROCESSING
from lambdas.monitor.windows import Window
from lambdas.monitor.world import Clients, Served, World
from tests.lambdas.monitor.support import env

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CAPTURE = "capture/shop-dev-endpoint/AllTraffic"
SERVED = Served("package/1", "", "v1", PROCESSING, NOON - 5 * HOUR)


class Bucket:
    """Objects by key, and when those that were given were written."""

    def __init__(self, files: dict[str, datetime]) -> None:
        self.objects: dict[str, bytes] = dict.fromkeys(files, b"")
        self.written = files

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, **asked: str) -> Iterator[dict[str, Any]]:
        found = [k for k in sorted(self.objects) if k.startswith(asked["Prefix"])]
        yield {"Contents": [{"Key": k, "LastModified": self.written.get(k, NOON)} for k in found]}

    def put_object(self, **given: Any) -> None:
        self.objects[given["Key"]] = given["Body"]


class Jobs:
    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def create_processing_job(self, **request: Any) -> None:
        self.made.append(request)


def started(bucket: Bucket) -> list[list[str]]:
    """The captured files that the jobs of the hour before noon are given."""
    jobs = Jobs()
    world = World(Clients(None, None, jobs, bucket), env(), lambda *_, **__: None)
    world.start(MONITORS["data-quality"], Window(NOON - HOUR, NOON, NOON), SERVED)
    lists = [json.loads(body) for key, body in bucket.objects.items() if key.endswith("capture.manifest")]
    assert len(lists) == len(jobs.made)
    return [names[1:] for names in lists]


def file(hour: int, name: str) -> str:
    return f"{CAPTURE}/2026/01/01/{hour:02}/{name}.jsonl"


def test_files_of_neighbouring_hours_that_may_hold_records_of_the_window_are_read() -> None:
    """One was written a moment after the hour that its records are of, one was begun in the hour before."""
    minute = timedelta(minutes=1)
    read = {
        file(10, "59-59-begun"): NOON - HOUR + minute,
        file(11, "30-00-own"): NOON - 30 * minute,
        file(12, "00-00-late"): NOON + minute,
    }
    others = {
        file(9, "59-59-older"): NOON - HOUR + minute,
        file(10, "30-00-before"): NOON - 90 * minute,
        file(12, "11-00-after"): NOON + 11 * minute,
        file(13, "00-00-later"): NOON + minute,
    }
    assert started(Bucket({**read, **others})) == [sorted(read)]
    assert started(Bucket(others)) == []  # a window without records costs no job because its neighbours have some


class Stack:
    def __init__(self, **described: Any) -> None:
        self.described = described

    def describe_stacks(self, **asked: str) -> dict[str, Any]:
        if not self.described:
            answer = {"Code": "ValidationError", "Message": f"Stack with id {asked['StackName']} does not exist"}
            raise ClientError({"Error": answer}, "DescribeStacks")
        return {"Stacks": [self.described]}


@pytest.mark.parametrize(("status", "updating"), [("UPDATE_COMPLETE", False), ("UPDATE_ROLLBACK_IN_PROGRESS", True)])
def test_what_is_followed_may_be_about_to_change(status: str, updating: bool) -> None:
    parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": "package/1"}]
    stack = Stack(StackStatus=status, CreationTime=NOON, Parameters=parameters)
    served = World(Clients(stack, None, None, None), env(), print).served()
    assert served is not None and (served.since, served.updating) == (NOON, updating)


def test_before_the_stack_is_there_nothing_is_followed() -> None:
    assert World(Clients(Stack(), None, None, None), env(), print).served() is None
