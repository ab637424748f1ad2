"""AWS's own analyzer images, by region."""

import importlib.util
import json
from functools import cache
from pathlib import Path

from aws_cdk import Aws, CfnMapping
from constructs import Construct

from infra.iam import REGION


def model_monitor(scope: Construct) -> str:
    return f"{_registry(scope, 'ModelMonitor', 'model-monitor')}/sagemaker-model-monitor-analyzer"


def clarify(scope: Construct) -> str:
    return f"{_registry(scope, 'Clarify', 'clarify')}/sagemaker-clarify-processing:1.0"


def _registry(scope: Construct, id: str, file: str) -> str:
    mapping = CfnMapping(scope, f"{id}Registry", mapping={region: {"Account": account} for region, account in accounts(file).items()})
    return f"{mapping.find_in_map(REGION, 'Account')}.dkr.ecr.{REGION}.{Aws.URL_SUFFIX}"


@cache
def accounts(file: str) -> dict[str, str]:
    """Registry account by region, read from the SDK's data file (importing the SDK takes seconds)."""
    found = importlib.util.find_spec("sagemaker")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the SageMaker SDK is not installed; run: make install")
    path = Path(next(iter(found.submodule_search_locations))) / "core" / "image_uri_config" / f"{file}.json"
    described = json.loads(path.read_text())
    versions = described.get("processing", described)["versions"]
    known: dict[str, str] = next(iter(versions.values()))["registries"]
    return dict(sorted(known.items()))
