"""Where things lie in S3. Keys only; buckets come from names.py or a function's environment.

Landing bucket    drops/{drop}/*.csv … and drops/{drop}/_SUCCESS, written last
Data bucket       curated/dataset_version={v}/part-*.parquet
                  manifests/{v}.json                 the commit point of a version
                  quarantine/{v}/part-*.jsonl        rows left out, with reasons
                  refused/{v}.json                   drops refused, with the reason
                  ground-truth/yyyy/mm/dd/hh/*.jsonl  labels of production rows, by the hour they were collected in
                  collected/{run}/…                   what a retraining was made from
                  monitoring/{endpoint}/{schedule}/yyyy/mm/dd/hh/   reports of a window, by the time that it was due
                  monitor-inputs/{job}/…             lists of the files that a monitor's job reads
                  capture/{endpoint}/{variant}/yyyy/mm/dd/hh/*.jsonl
                  capture/{prefix}-batch/input|output/yyyy/mm/dd/hh/*.json   manifests of batch transforms
                  batch/input/{job}/…, batch/output/{job}/…    what batch transforms read and wrote
Artefact bucket   runs/{pipeline execution id}/{step}/…
                  evidence/{version}/{digest}.json   what the gate found, see evidence.py
"""

from datetime import datetime, timedelta

SUCCESS_MARKER = "_SUCCESS"
DROPS = "drops/"
CURATED = "curated/"
MANIFESTS = "manifests/"
QUARANTINE = "quarantine/"
REFUSED = "refused/"
CAPTURE = "capture"
BATCH_INPUT, BATCH_OUTPUT = "batch/input/", "batch/output/"
MONITORING = "monitoring"
MONITOR_INPUTS = "monitor-inputs/"
GROUND_TRUTH = "ground-truth"
COLLECTED = "collected/"
RETRAIN_DROP = "retrain-"
RUNS = "runs"
PARTITION_KEY = "dataset_version"


def drop_of(key: str) -> str | None:
    """The drop that a landing key belongs to, or None if it is not under ``drops/``."""
    if not key.startswith(DROPS) or key.count("/") < 2:
        return None
    return key[len(DROPS) :].rsplit("/", 1)[0]


def drop_prefix(drop: str) -> str:
    return f"{DROPS}{drop}/"


def curated_prefix(version: str) -> str:
    return f"{CURATED}{PARTITION_KEY}={version}/"


def manifest_key(version: str) -> str:
    return f"{MANIFESTS}{version}.json"


def quarantine_prefix(version: str) -> str:
    return f"{QUARANTINE}{version}/"


def refused_key(version: str) -> str:
    return f"{REFUSED}{version}.json"


def report_prefix(endpoint: str, schedule: str, due: datetime) -> str:
    """Where a monitor's reports of a window lie; the layout is Model Monitor's."""
    return f"{MONITORING}/{endpoint}/{schedule}/{due:%Y/%m/%d/%H}/"


def hour_prefixes(root: str, start: datetime, end: datetime) -> list[str]:
    """The prefixes, in the layout of capture and ground truth, of every hour that [start, end) touches."""
    hour = start.replace(minute=0, second=0, microsecond=0)
    found = []
    while hour < end:
        found.append(f"{root.rstrip('/')}/{hour:%Y/%m/%d/%H}/")
        hour += timedelta(hours=1)
    return found


def batch_capture(prefix: str) -> str:
    """Where batch transforms of a deployment leave manifests of what they read and wrote."""
    return f"{CAPTURE}/{prefix}-batch/"


def day_prefixes(root: str, start: datetime, end: datetime) -> list[str]:
    """The prefixes of every day, UTC, that [start, end) touches."""
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while day < end:
        found.append(f"{root.rstrip('/')}/{day:%Y/%m/%d}/")
        day += timedelta(days=1)
    return found


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` → (bucket, key).

    Raises ValueError for anything else.
    """
    if not uri.startswith("s3://"):
        raise ValueError(f"not an S3 URI: {uri!r}; expected s3://bucket/key")
    bucket, _, key = uri[5:].partition("/")
    return bucket, key
