"""The hosting kinds: what an endpoint config holds for each, and the ids and names that keep them apart."""

import hashlib
import json
import re
from typing import Any

from infra.environment import Environment
from infra.iam import ACCOUNT, REGION, arn
from interfaces import layout
from interfaces.names import VARIANT
from interfaces.pipeline_settings import SERVING_ENVIRONMENT

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


def container(environment: Environment, kind: str) -> dict[str, str]:
    """The model's environment: on serverless hosting the container writes the capture, if anybody does.

    SageMaker takes variables beside those of a model package (sagemaker-python-sdk, pull request 3581); that it keeps the package's
    is not documented, so they are given again.
    """
    serving = environment.serving
    if kind != "serverless" or serving.capture_by != "container" or not serving.capture_percent:
        return {}
    data = environment.names.bucket("data", ACCOUNT, REGION)
    uri = f"s3://{data}/{layout.CAPTURE}/{environment.names.endpoint_of(kind)}/{VARIANT}"
    return {**SERVING_ENVIRONMENT, "CAPTURE_URI": uri, "CAPTURE_PERCENT": str(serving.capture_percent)}


def digest(environment: Environment, kind: str) -> str:
    """A short hash of what config and model hold; tokens are numbered anew by every synth."""
    held = [config(environment, kind, ""), container(environment, kind)]
    content = re.sub(r"\.\d+\]\}", "]}", json.dumps(held, sort_keys=True))
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
