"""What the ingest function can be told: a finished drop, a new version, a job that broke."""

import uuid

from situations.kind import NUMBERS, Situation, event, told
from support import World, loan_rows

from interfaces import events, layout


def a_drop_was_finished(world: World) -> Situation:
    drop, s3, bucket = f"d{next(NUMBERS)}", world.aws.client("s3"), world.buckets["landing"]
    s3.put_object(Bucket=bucket, Key=f"{layout.drop_prefix(drop)}a.csv", Body=loan_rows(60, seed=next(NUMBERS)))
    key = f"{layout.drop_prefix(drop)}{layout.SUCCESS_MARKER}"
    version = s3.put_object(Bucket=bucket, Key=key, Body=b"")["VersionId"]
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "version-id": version}}
    return Situation(event(events.S3_OBJECT_CREATED, "aws.s3", **detail), lambda: len(set(world.versions(drop))))


def a_version_was_made(world: World) -> Situation:
    version = f"v{next(NUMBERS)}"

    def state() -> int:
        return sum(e.get("PipelineExecutionDisplayName") == f"dataset-{version}" for e in world.executions())

    return Situation(event(events.DATASET_CREATED, dataset_version=version), state)


def the_job_broke(world: World) -> Situation:
    words = f"out of memory {next(NUMBERS)}"
    detail = {"jobRunId": uuid.uuid4().hex, "state": "FAILED", "message": words}
    return Situation(event(events.GLUE_STATE_CHANGE, "aws.glue", **detail), lambda: told(world, words))
