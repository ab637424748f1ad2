"""The job that collects training data: the newest rows of the newest dataset version and the labelled rows of production. Pure."""

import json
import math
from typing import Any

from interfaces import layout
from interfaces.function_env import RetrainEnv

_BASE = "/opt/ml/processing"


def drop(run_id: str) -> str:
    """The landing drop that the job fills."""
    return f"{layout.RETRAIN_DROP}{run_id}"


def run_of(name: str) -> str:
    """The run that a drop or a job belongs to, or nothing if it is not retraining's."""
    return name.rsplit(layout.RETRAIN_DROP, 1)[-1] if layout.RETRAIN_DROP in name else ""


def job_name(prefix: str, run_id: str) -> str:
    return f"{prefix}-{drop(run_id)}"


def labels_in(line: bytes) -> int:
    """How many rows a line of ground truth labels: a record of several rows has a label for each."""
    try:
        truth = json.loads(line)["groundTruthData"]
        data = str(truth["data"])
        if truth.get("encoding") != "JSON":
            return sum(bool(row.strip()) for row in data.splitlines())
        found = json.loads(data)
    except (ValueError, KeyError, TypeError):
        return 0
    if isinstance(found, dict):
        found = next((found[key] for key in ("instances", "predictions") if isinstance(found.get(key), list)), found)
    return len(found) if isinstance(found, list) else 1


def request(env: RetrainEnv, name: str, run_id: str, version: str, manifests: dict[str, str], *, whole: bool = False) -> dict[str, Any]:
    """CreateProcessingJob: one instance, isolated, encrypted; a kind of input that has no file is left out.

    ``whole`` takes every row of the version, and does without any of production.
    """
    data = f"s3://{env.data_bucket}/"
    inputs = {
        "code": (env.steps_uri, "S3Prefix"),
        "manifest": (f"{data}{layout.manifest_key(version)}", "S3Prefix"),
        "dataset": (f"{data}{layout.curated_prefix(version)}", "S3Prefix"),
        **{kind: (uri, "ManifestFile") for kind, uri in manifests.items() if uri},
    }
    arguments = ["collect", "--history-ratio", f"{math.inf if whole else env.history_ratio:g}"]
    for option in (*(i for i in inputs if i != "code"), "output", "report"):
        arguments += [f"--{option}", f"{_BASE}/{'input' if option in inputs else 'output'}/{option}"]
    outputs = {
        "output": f"s3://{env.landing_bucket}/{layout.drop_prefix(drop(run_id)).rstrip('/')}",
        "report": f"{data}{layout.COLLECTED}{run_id}",
    }
    return {
        "ProcessingJobName": name,
        "RoleArn": env.collect_role_arn,
        "AppSpecification": {
            "ImageUri": env.image_uri,
            "ContainerEntrypoint": ["python3", f"{_BASE}/input/code/{env.steps_uri.rsplit('/', 1)[-1]}"],
            "ContainerArguments": arguments,
        },
        "ProcessingInputs": [_input(kind, uri, type) for kind, (uri, type) in inputs.items()],
        "ProcessingOutputConfig": {
            "KmsKeyId": env.key_arn,
            "Outputs": [
                {
                    "OutputName": kind,
                    "S3Output": {"S3Uri": uri, "LocalPath": f"{_BASE}/output/{kind}", "S3UploadMode": "EndOfJob"},
                }
                for kind, uri in outputs.items()
            ],
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": env.instance_type, "VolumeSizeInGB": 30, "VolumeKmsKeyId": env.key_arn}
        },
        "NetworkConfig": {"EnableNetworkIsolation": True},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def _input(name: str, uri: str, type: str) -> dict[str, Any]:
    source = {"S3Uri": uri, "LocalPath": f"{_BASE}/input/{name}", "S3DataType": type, "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}
