"""A batch counts when it has ended, wherever its capture lies; what no job could read is told apart."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from interfaces import layout
from lambdas.shared import batches

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = datetime(2026, 3, 4, 12, tzinfo=UTC)
IN, OUT = "s3://data/batch/input/j/", "s3://data/batch/output/j/"


class Bucket:
    """S3 with one bucket: (written at, content) by key."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[datetime, bytes]] = {}

    def capture(self, side: str, began: datetime, ended: datetime, prefix: str, *names: str) -> None:
        key = f"{layout.batch_capture('shop-dev')}{side}/{began:%Y/%m/%d/%H}/{len(self.objects)}.json"
        self.objects[key] = (ended, json.dumps([{"prefix": prefix}, *names]).encode())

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        return [{"Contents": [{"Key": k, "LastModified": at} for k, (at, _) in self.objects.items() if k.startswith(Prefix)]}, {}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": BytesIO(self.objects[Key][1])}


def found(bucket: Bucket, start: datetime = START) -> batches.Batches:
    return batches.find(bucket, "data", "shop-dev", start, start + HOUR)


def test_a_batch_belongs_to_the_window_in_which_it_ended() -> None:
    bucket = Bucket()
    for began in (START - 2 * DAY, START + HOUR / 2):
        bucket.capture("input", began, START + HOUR / 2, IN, f"{began:%d}.csv")
        bucket.capture("output", began, START + HOUR / 2, OUT, f"{began:%d}.csv.out")
    assert found(bucket) == batches.Batches(
        ("batch/input/j/02.csv", "batch/input/j/04.csv"), ("batch/output/j/02.csv.out", "batch/output/j/04.csv.out")
    )
    assert found(bucket, START - HOUR) == found(bucket, START + HOUR) == batches.Batches()


def test_the_ends_of_a_window_belong_to_one_window() -> None:
    bucket = Bucket()
    bucket.capture("input", START, START + HOUR, IN, "a.csv")
    assert not found(bucket).inputs and found(bucket, START + HOUR).inputs


def test_files_that_no_job_may_read_are_named() -> None:
    bucket = Bucket()
    bucket.capture("input", START, START, "s3://elsewhere/rows/", "a.csv")
    bucket.capture("output", START, START, "s3://data/other/", "a.csv.out")
    assert found(bucket) == batches.Batches(elsewhere=("s3://elsewhere/rows/a.csv", "s3://data/other/a.csv.out"))
