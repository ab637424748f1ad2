"""Data, jobs and models for the stand-in of AWS's XGBoost image."""

import io
import random
import uuid
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.images.registry import XGBOOST
from tests.local_aws.jobs import channel
from tests.local_aws.support import CLUSTER, ROLE, put

URI = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
needs_xgboost = pytest.mark.skipif(not XGBOOST.python.exists(), reason="the stand-in is not installed; run: make xgboost")
BINARY = {"num_round": "8", "objective": "binary:logistic", "eval_metric": "auc", "max_depth": "3", "seed": "1", "nthread": "1"}


def rows(count: int, seed: int) -> list[list[float]]:
    """Label first: whether the first feature is above the second, mostly."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        a, b, c = (round(draw.uniform(1, 9), 3) for _ in range(3))
        found.append([float(a + draw.gauss(0, 1) > b), a, b, c])
    return found


TRAIN, VALIDATION = rows(300, 1), rows(120, 2)


def as_csv(table: list[list[float]]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in table)


def as_libsvm(table: list[list[float]]) -> str:
    return "".join(f"{row[0]} " + " ".join(f"{i}:{v}" for i, v in enumerate(row[1:])) + "\n" for row in table)


def as_parquet(table: list[list[float]]) -> bytes:
    import pandas as pd

    buffer = io.BytesIO()
    pd.DataFrame(table, columns=["label", "a", "b", "c"]).to_parquet(buffer)
    return buffer.getvalue()


def channels(aws: LocalAws, kind: str = "text/csv", write: Any = as_csv) -> list[dict[str, Any]]:
    """The channels train and validation, stored."""
    folder = f"xgb/{uuid.uuid4().hex[:8]}"
    found = []
    for name, table in (("train", TRAIN), ("validation", VALIDATION)):
        put(aws, f"{folder}/{name}/part-0", write(table))
        found.append({**channel(name, f"s3://data/{folder}/{name}"), "ContentType": kind})
    return found


def job(inputs: list[dict[str, Any]], parameters: dict[str, str]) -> dict[str, Any]:
    """The arguments of a training job, without its name."""
    return {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": URI, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 120},
        "HyperParameters": parameters,
        "InputDataConfig": inputs,
    }


def fit(aws: LocalAws, inputs: list[dict[str, Any]], parameters: dict[str, str], **extra: Any) -> dict[str, Any]:
    """Train to the end; the job's description."""
    name = f"xgb-{uuid.uuid4().hex[:10]}"
    aws.client("sagemaker").create_training_job(TrainingJobName=name, **{**job(inputs, parameters), **extra})
    aws.settle(120)
    return dict(aws.client("sagemaker").describe_training_job(TrainingJobName=name))


def finals(described: dict[str, Any]) -> dict[str, float]:
    return {m["MetricName"]: m["Value"] for m in described.get("FinalMetricDataList", [])}


def log(aws: LocalAws, name: str, group: str = "TrainingJobs") -> list[str]:
    """What a job printed."""
    events = aws.client("logs").filter_log_events(logGroupName=f"/aws/sagemaker/{group}", logStreamNamePrefix=name)["events"]
    return [e["message"] for e in events]
