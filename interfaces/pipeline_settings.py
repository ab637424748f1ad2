"""What the definition depends on, and the placeholders that a deployment fills in."""

import json
from dataclasses import asdict, dataclass

CHAMPION_PARAMETER = "ChampionModelUri"

# Replaced in infra/ by CloudFormation tokens, so that the compiled text holds no environment.
PLACEHOLDERS = (
    "ProcessingRoleArn",
    "TrainingRoleArn",
    "ImageUri",
    "AssetBucket",
    "StepsFile",
    "SourceFile",
    "PlanFile",
    "NoChampionFile",
    "DataBucket",
    "ArtefactBucket",
    "KmsKeyArn",
    "ModelPackageGroup",
    "GitCommit",
    "Region",
)


# What the image's serving start needs in the container's environment, under network isolation too
SERVING_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "PIP_NO_BUILD_ISOLATION": "0",
}


@dataclass(frozen=True)
class PipelineSettings:
    """Everything that shapes the compiled definition, all of it plain values.

    ``volume_gb`` is per job; ``max_runtime_s`` bounds each job; ``cache_expiry`` is the SageMaker
    duration format (``30d``, ``T1h``).
    """

    problem_type: str
    metric: str
    threshold: float
    instance_type: str = "ml.m5.large"
    volume_gb: int = 30
    max_runtime_s: int = 3600
    cache_expiry: str = "30d"
    seed: int = 0
    learning_rate: float = 0.1
    max_iter: int = 150
    max_leaf_nodes: int = 31

    def key(self) -> str:
        """A canonical text of all settings, for the cache."""
        return json.dumps(asdict(self), sort_keys=True)


def placeholder(name: str) -> str:
    """``${Name}``, as ``Fn::Sub`` reads it."""
    if name not in PLACEHOLDERS:
        raise KeyError(name)
    return f"${{{name}}}"
