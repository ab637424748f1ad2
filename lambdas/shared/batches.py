"""Batch transforms that ended in some time: what they read and wrote, from the manifests that they captured.

A manifest lies under the hour at which its job *started* and is written when the job has ended (docs:
model-monitor-data-capture-batch), so what counts is when it was written, and it is looked for some days back.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from interfaces import layout

LONGEST_JOB = timedelta(days=3)


@dataclass(frozen=True)
class Batches:
    """Keys of the data bucket, below `layout.BATCH_INPUT` and `layout.BATCH_OUTPUT`. ``elsewhere`` are URIs that jobs cannot read."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


def find(s3: Any, bucket: str, prefix: str, start: datetime, end: datetime) -> Batches:
    """The batches of a deployment whose captures were written in [start, end)."""
    sides = {side: list(_listed(s3, bucket, f"{layout.batch_capture(prefix)}{side}", start, end)) for side in ("input", "output")}
    ours = {
        side: tuple(uri.removeprefix(f"s3://{bucket}/") for uri in sides[side] if uri.startswith(f"s3://{bucket}/{root}"))
        for side, root in (("input", layout.BATCH_INPUT), ("output", layout.BATCH_OUTPUT))
    }
    known = {f"s3://{bucket}/{key}" for keys in ours.values() for key in keys}
    return Batches(ours["input"], ours["output"], tuple(uri for uris in sides.values() for uri in uris if uri not in known))


def _listed(s3: Any, bucket: str, root: str, start: datetime, end: datetime) -> Iterator[str]:
    """URIs that the manifests list."""
    for day in layout.day_prefixes(root, start - LONGEST_JOB, end):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=day):
            for item in page.get("Contents", []):
                if start <= item["LastModified"] < end:
                    manifest = json.loads(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
                    yield from (f"{manifest[0]['prefix']}{name}" for name in manifest[1:])
