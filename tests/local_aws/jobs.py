"""Processing and training jobs of a few lines of Python, run to their end."""

import uuid
from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.support import CLUSTER, IMAGE, ROLE, put, tarred

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"
SUBMITTED = "/opt/ml/input/data/code/sourcedir.tar.gz"


def start(aws: LocalAws, code: str, *, arguments: tuple[str, ...] = (), name: str = "", isolated: bool = False, **extra: Any) -> str:
    """Start a processing job that runs ``code``; its name."""
    name = name or f"job-{uuid.uuid4().hex[:12]}"
    specification = {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python3", "-c", code],
        **({"ContainerArguments": list(arguments)} if arguments else {}),
    }
    given = {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": specification,
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "NetworkConfig": {"EnableNetworkIsolation": isolated},
    }
    aws.client("sagemaker").create_processing_job(**{**given, **extra})
    return name


def process(aws: LocalAws, code: str, **extra: Any) -> dict[str, Any]:
    """Run a processing job to its end; its description."""
    name = start(aws, code, **extra)
    aws.settle(60)
    return dict(aws.client("sagemaker").describe_processing_job(ProcessingJobName=name))


def inputs(*uris: str) -> list[dict[str, Any]]:
    """The objects under each URI, in the folders 0, 1 … of the job's input."""
    return [
        {
            "InputName": f"in{n}",
            "S3Input": {
                "S3Uri": uri,
                "LocalPath": f"{INPUT}/{n}",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
            },
        }
        for n, uri in enumerate(uris)
    ]


def outputs(uri: str) -> dict[str, Any]:
    return {"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": uri, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}}]}


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def begin(
    aws: LocalAws, script: str, *, name: str = "", isolated: bool = False, submitted: str = SUBMITTED, seconds: int = 60, **extra: Any
) -> str:
    """Start a training job that runs ``script`` in script mode; its name."""
    name = name or f"train-{uuid.uuid4().hex[:12]}"
    code = put(aws, f"code/{name}/sourcedir.tar.gz", tarred({"train.py": script}))
    parameters = {"sagemaker_program": "train.py", "sagemaker_submit_directory": submitted, **extra.pop("parameters", {})}
    aws.client("sagemaker").create_training_job(
        **{
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
            "ResourceConfig": CLUSTER,
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            "HyperParameters": parameters,
            "InputDataConfig": [channel("code", code), *extra.pop("channels", [])],
            "EnableNetworkIsolation": isolated,
            **extra,
        }
    )
    return name


def train(aws: LocalAws, script: str, **extra: Any) -> dict[str, Any]:
    """Run a training job to its end; its description."""
    name = begin(aws, script, **extra)
    aws.settle(60)
    return dict(aws.client("sagemaker").describe_training_job(TrainingJobName=name))
