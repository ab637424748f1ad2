"""Windows of traffic on a released world: requests, and the clock from one window to the next."""

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from cli.batch import Job, answers, parts, run, served
from cli.demo import loans
from cli.progress import Progress
from interfaces import layout
from interfaces.contract import parse
from tests.lifecycle.support import ONE_LOAN, World

HOUR = timedelta(hours=1)
ROWS = 300


def to_half_past(world: World) -> None:
    """To half past the next hour: the windows before are over and dealt with, one has begun."""
    now = world.aws.clock.now()
    world.aws.advance(now.replace(minute=30, second=0, microsecond=0) + HOUR - now)


def answer_batch(world: World, rows: pd.DataFrame, folder: Path, name: str) -> list[dict[str, str]]:
    """Rows through a batch transform by the model that serves; the answers, row by row."""
    contract, path = parse(world.aws_contract()), folder / "rows.csv"
    rows.to_csv(path, index=False)
    model, instance_type = served(world.aws.client("sagemaker"), world.names.endpoint)
    key = f"arn:aws:kms:us-east-1:123456789012:alias/{world.names.prefix}"
    job = Job(f"{world.names.prefix}-batch-{name}", model, instance_type, 1, world.buckets["data"], key)
    sent = run(world.aws.client, world.names, job, parts(path, contract), Progress(as_json=True))
    return list(csv.DictReader(answers(world.aws.client("s3"), job, sent, contract)))


def ask(
    world: World,
    *,
    seed: int = 9,
    shift: float = 0.0,
    size: int = 100,
    count: int = ROWS,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
) -> list[str]:
    """Ask for predictions, ``size`` rows a request; the requests' inference ids. ``change`` spoils rows. Ends when all is captured."""
    prefix = f"{layout.CAPTURE}/{world.names.endpoint}/AllTraffic/{world.aws.clock.now():%Y/%m/%d/%H}/"
    rows = json.loads(loans.generate(count, seed, shift=shift).rows[list(ONE_LOAN)].to_json(orient="records"))
    for row in rows:
        change(row)
    ids = []
    for i in range(0, count, size):
        ids.append(f"{world.aws.clock.now():%d%H%M}-{seed}-{i}")
        world.invoke(json.dumps(rows[i : i + size]), InferenceId=ids[-1])

    def captured() -> bool:
        bodies = [world.body("data", key).decode() for key in world.keys("data", prefix)]
        return all(any(f'"{id}"' in body for body in bodies) for id in ids)

    world.until(captured)
    return ids
