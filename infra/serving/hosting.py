"""The hosting kinds: what an endpoint config holds for each, and the ids and names that keep them apart."""

import hashlib
import json
import re
from typing import Any

from infra.environment import Environment
from infra.iam import ACCOUNT, REGION, arn
from interfaces import layout
from interfaces.names import VARIANT

ID = {"real-time": "", "serverless": "Serverless"}
SUFFIX = {"real-time": "", "serverless": "-serverless"}


def config(environment: Environment, kind: str, model: str) -> dict[str, Any]:
    """Properties of the kind's endpoint config, without its name."""
    serving = environment.serving
    variant: dict[str, Any] = {"VariantName": VARIANT, "ModelName": model, "InitialVariantWeight": 1}
    if kind == "serverless":
        limits = {"MemorySizeInMB": serving.memory_mb, "MaxConcurrency": serving.max_concurrency}
        return {"ProductionVariants": [{**variant, "ServerlessConfig": limits}]}
    variant |= {"InstanceType": serving.instance_type, "InitialInstanceCount": serving.instances}
    key = arn("kms", f"alias/{environment.names.prefix}")
    volume = {"KmsKeyId": key} if serving.encrypt_volume else {}
    return {"ProductionVariants": [variant], "DataCaptureConfig": _capture(environment, key), **volume}


def digest(environment: Environment, kind: str) -> str:
    """A short hash of what the config holds; tokens are numbered anew by every synth."""
    content = re.sub(r"\.\d+\]\}", "]}", json.dumps(config(environment, kind, ""), sort_keys=True))
    return hashlib.sha256(content.encode()).hexdigest()[:6]


def _capture(environment: Environment, key: str) -> dict[str, Any]:
    data = environment.names.bucket("data", ACCOUNT, REGION)
    return {
        "EnableCapture": environment.serving.capture_percent > 0,
        "InitialSamplingPercentage": environment.serving.capture_percent,
        "DestinationS3Uri": f"s3://{data}/{layout.CAPTURE}",
        "KmsKeyId": key,
        "CaptureOptions": [{"CaptureMode": mode} for mode in ("Input", "Output")],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json", "application/jsonlines"],
        },
    }
