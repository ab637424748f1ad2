"""What retraining reads of AWS: labels, versions, executions, the champion; and what its collecting job is given."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from botocore.response import StreamingBody

from interfaces import layout
from interfaces.releases import history_key
from lambdas.retrain.ledger import COLLECTING, Run
from lambdas.retrain.world import Aws, Clients
from tests.lambdas.retrain.fakes import MemoryTable
from tests.lambdas.retrain.test_collection import ENV, truth

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Bucket:
    """Objects by key, with the moment at which each was written."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, **asked: str) -> Iterator[dict[str, Any]]:
        found = [{"Key": k, "LastModified": at} for k, (_, at) in sorted(self.objects.items()) if k.startswith(asked["Prefix"])]
        yield {"Contents": found}

    def get_object(self, **asked: str) -> dict[str, Any]:
        body = self.objects[asked["Key"]][0]
        return {"Body": StreamingBody(BytesIO(body), len(body))}

    def put_object(self, **given: Any) -> None:
        self.objects[given["Key"]] = given["Body"], NOW


class Services:
    """CloudFormation and SageMaker, as far as retraining asks them."""

    def __init__(self) -> None:
        self.executions: list[tuple[str, str]] = []
        self.made: list[dict[str, Any]] = []
        self.generation = "3"

    def list_pipeline_executions(self, **_: Any) -> dict[str, Any]:
        listed = [{"PipelineExecutionArn": arn, "PipelineExecutionStatus": status} for arn, status in self.executions]
        return {"PipelineExecutionSummaries": listed}

    def create_processing_job(self, **request: Any) -> None:
        self.made.append(request)

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        values = {"ModelPackageArn": "package/1", "Generation": self.generation}
        parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]
        return {"Stacks": [{"CreationTime": NOW - DAY, "LastUpdatedTime": NOW, "Parameters": parameters}]}

    def describe_model_package(self, **_: str) -> dict[str, Any]:
        return {"CreationTime": NOW - DAY, "CustomerMetadataProperties": {"dataset_version": "v1"}}


class Account:
    """The world on services in memory."""

    def __init__(self, **changes: Any) -> None:
        self.bucket, self.services, self.table = Bucket(), Services(), MemoryTable()
        values = {
            "label_delay_hours": 0.0,
            "history_days": 30.0,
            "minimum_labels": 50.0,
            "history_ratio": 0.5,
            "capture_prefix": "capture/e/v/",
        }
        env = type(ENV)(**{**ENV.__dict__, **values, "capture_prefix": "capture/e/v/", **changes})
        self.world = Aws(Clients(self.services, None, self.services, self.bucket), env, self.table)  # type: ignore[arg-type]

    def label(self, at: datetime, rows: int) -> None:
        self.bucket.objects[f"{layout.GROUND_TRUTH}/{at:%Y/%m/%d/%H}/a.jsonl"] = truth("1\n" * rows), at

    def version(self, name: str, at: datetime) -> None:
        self.bucket.objects[layout.manifest_key(name)] = b"{}", at

    def collect(self, kind: str, since: datetime = NOW - DAY) -> list[str]:
        """The arguments of the job."""
        champion = self.world.champion()
        assert champion is not None
        self.world.collect(Run("r1", kind, "", COLLECTING, NOW, since), champion)
        return list(self.services.made[-1]["AppSpecification"]["ContainerArguments"])

    def uri(self, name: str) -> str:
        return str({i["InputName"]: i["S3Input"]["S3Uri"] for i in self.services.made[-1]["ProcessingInputs"]}[name])


def test_labels_are_those_of_rows_from_then_on_and_come_with_their_delay() -> None:
    account = Account(label_delay_hours=48.0)
    since = NOW - 4 * DAY
    account.label(since + 47 * HOUR, 10)  # of rows before
    account.label(since + 48 * HOUR, 3)
    assert account.world.labels(since, 100) == 3
    assert Account(label_delay_hours=48.0).world.labels(since, 100) == 0


@pytest.mark.parametrize("status", ["Executing", "Stopping"])
def test_an_execution_is_in_flight_until_it_has_ended(status: str) -> None:
    account = Account()
    account.services.executions = [("e/2", "Succeeded"), ("e/1", status)]
    assert account.world.in_flight() == "e/1"
    account.services.executions = [("e/2", "Succeeded"), ("e/1", "Stopped")]
    assert account.world.in_flight() == ""


def test_the_newest_version_is_what_production_rows_are_put_beside() -> None:
    account = Account()
    account.collect("drift")
    assert account.uri("dataset").endswith(layout.curated_prefix("v1"))  # the champion's, where no other is known
    for name, days in (("v2", 3), ("v4", 9), ("v3", 5)):
        account.version(name, NOW - days * DAY)
    account.collect("drift")
    assert account.uri("dataset").endswith(layout.curated_prefix("v2")) and account.uri("manifest").endswith(layout.manifest_key("v2"))


@pytest.mark.parametrize(
    ("kind", "labels", "ratio"), [("drift", 60, "0.5"), ("schedule", 60, "0.5"), ("schedule", 9, "inf"), ("command", 0, "inf")]
)
def test_where_labels_are_few_schedule_and_command_take_the_version_whole(kind: str, labels: int, ratio: str) -> None:
    account = Account()
    account.label(NOW - HOUR, labels)
    words = account.collect(kind)
    assert words[words.index("--history-ratio") + 1] == ratio


def test_production_rows_are_collected_as_far_back_as_is_configured() -> None:
    account = Account(history_days=2.0)
    for days in (1, 3):
        account.bucket.objects[f"capture/e/v/{NOW - days * DAY:%Y/%m/%d/%H}/a.jsonl"] = b"", NOW
    account.collect("drift", since=NOW - 9 * DAY)
    listed = json.loads(account.bucket.objects[f"{layout.COLLECTED}r1/capture.manifest"][0])
    assert listed[1:] == [f"capture/e/v/{NOW - DAY:%Y/%m/%d/%H}/a.jsonl"]


def test_a_version_is_older_than_what_came_after_it() -> None:
    account = Account()
    account.version("v1", NOW - DAY)
    account.version("v10", NOW - 9 * DAY)
    assert account.world.is_older("v1", NOW) and not account.world.is_older("v1", NOW - 2 * DAY)
    assert not account.world.is_older("v2", NOW)


@pytest.mark.parametrize(("outcome", "good"), [("good", True), ("left", True), ("", False), ("failed: smoke test", False)])
def test_a_champion_is_good_by_the_record_of_its_release(outcome: str, good: bool) -> None:
    account = Account()
    account.table.set(history_key(3), {"outcome": outcome})
    champion = account.world.champion()
    assert champion is not None and (champion.good, champion.updated, champion.version) == (good, NOW, "v1")
