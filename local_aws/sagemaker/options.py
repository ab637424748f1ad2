"""Which members of a request for a job or a model are done, which are kept without effect, and that every other one is refused by name.

A table per operation: a member maps to `DOES`, `KEEPS` (nothing here can tell the difference), `Only` the values that are done,
`IMAGE`, or the table of its own members. What a table does not name is refused, unless it is empty or false.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_aws.errors import Unsupported
from local_aws.sagemaker.candidates import STRATEGIES
from local_aws.sagemaker.pipelines.resolve import is_reference

DOES, KEEPS, IMAGE = "does", "keeps", "image"


class Only(tuple[Any, ...]):
    """The values that are done."""

    def __new__(cls, *values: Any) -> "Only":
        return super().__new__(cls, values)


Table = Mapping[str, Any]


def _each(what: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, what)


_TRAINING: Table = {
    **_each(DOES, "RoleArn", "EnableNetworkIsolation", "Environment"),
    **_each(KEEPS, "VpcConfig", "EnableInterContainerTrafficEncryption", "RetryStrategy"),
    "AlgorithmSpecification": {
        "TrainingImage": IMAGE,
        "TrainingInputMode": Only("File", "FastFile"),
        "MetricDefinitions": DOES,
        **_each(DOES, "ContainerEntrypoint", "ContainerArguments"),
        "EnableSageMakerMetricsTimeSeries": KEEPS,
        "TrainingImageConfig": {"TrainingRepositoryAccessMode": Only("Platform")},
    },
    "InputDataConfig": {
        **_each(DOES, "ChannelName", "ContentType"),
        "DataSource": {
            "S3DataSource": {
                "S3DataType": Only("S3Prefix", "ManifestFile"),
                **_each(DOES, "S3Uri", "S3DataDistributionType"),
            }
        },
        "CompressionType": Only("None"),
        "RecordWrapperType": Only("None"),
        "InputMode": Only("File", "FastFile"),
    },
    "OutputDataConfig": {"S3OutputPath": DOES, "CompressionType": Only("GZIP", "NONE"), "KmsKeyId": KEEPS},
    "ResourceConfig": {
        "InstanceCount": Only(1),
        **_each(KEEPS, "InstanceType", "VolumeSizeInGB", "VolumeKmsKeyId", "KeepAlivePeriodInSeconds"),
    },
    "StoppingCondition": {"MaxRuntimeInSeconds": DOES, "MaxPendingTimeInSeconds": KEEPS},
    "CheckpointConfig": _each(DOES, "S3Uri", "LocalPath"),
}

_CONTAINER: Table = {
    "Image": IMAGE,
    **_each(DOES, "ModelDataUrl", "Environment", "ModelPackageName"),
    "ContainerHostname": KEEPS,
    "Mode": Only("SingleModel"),
    "ImageConfig": {"RepositoryAccessMode": Only("Platform")},
}

TABLES: dict[str, Table] = {
    "CreateTrainingJob": {
        **_TRAINING,
        **_each(DOES, "TrainingJobName", "HyperParameters", "Tags"),
        **_each(KEEPS, "ExperimentConfig", "InfraCheckConfig"),
        "DebugHookConfig": _each(KEEPS, "LocalPath", "S3OutputPath", "HookParameters"),
        "ProfilerConfig": _each(KEEPS, "S3OutputPath", "DisableProfiler"),
        "RemoteDebugConfig": {},
        "SessionChainingConfig": {},
    },
    "CreateProcessingJob": {
        **_each(DOES, "ProcessingJobName", "RoleArn", "Environment", "Tags"),
        "ExperimentConfig": KEEPS,
        "AppSpecification": {"ImageUri": IMAGE, **_each(DOES, "ContainerEntrypoint", "ContainerArguments")},
        "ProcessingInputs": {
            "InputName": DOES,
            "S3Input": {
                **_each(DOES, "S3Uri", "LocalPath", "S3DataDistributionType"),
                "S3DataType": Only("S3Prefix", "ManifestFile"),
                "S3InputMode": Only("File"),
                "S3CompressionType": Only("None"),
            },
        },
        "ProcessingOutputConfig": {
            "Outputs": {"OutputName": DOES, "S3Output": _each(DOES, "S3Uri", "LocalPath", "S3UploadMode")},
            "KmsKeyId": KEEPS,
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": Only(1), **_each(KEEPS, "InstanceType", "VolumeSizeInGB", "VolumeKmsKeyId")}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": DOES},
        "NetworkConfig": {"EnableNetworkIsolation": DOES, **_each(KEEPS, "EnableInterContainerTrafficEncryption", "VpcConfig")},
    },
    "CreateTransformJob": {
        **_each(DOES, "TransformJobName", "ModelName", "MaxPayloadInMB", "BatchStrategy", "Environment", "Tags"),
        "MaxConcurrentTransforms": KEEPS,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": Only("S3Prefix"), "S3Uri": DOES}},
            "ContentType": DOES,
            "CompressionType": Only("None"),
            "SplitType": Only("None", "Line"),
        },
        "TransformOutput": {**_each(DOES, "S3OutputPath", "Accept", "AssembleWith"), "KmsKeyId": KEEPS},
        "TransformResources": {"InstanceCount": Only(1), **_each(KEEPS, "InstanceType", "VolumeKmsKeyId")},
        "DataCaptureConfig": {**_each(DOES, "DestinationS3Uri", "GenerateInferenceId"), "KmsKeyId": KEEPS},
    },
    "CreateModel": {
        **_each(DOES, "ModelName", "ExecutionRoleArn", "EnableNetworkIsolation", "Tags"),
        "VpcConfig": KEEPS,
        "PrimaryContainer": _CONTAINER,
        "Containers": _CONTAINER,
    },
    "CreateHyperParameterTuningJob": {
        **_each(DOES, "HyperParameterTuningJobName", "Tags"),
        "HyperParameterTuningJobConfig": {
            "Strategy": Only(*STRATEGIES),
            **_each(DOES, "HyperParameterTuningJobObjective", "ParameterRanges", "RandomSeed"),
            "ResourceLimits": _each(DOES, "MaxNumberOfTrainingJobs", "MaxParallelTrainingJobs"),
            "TrainingJobEarlyStoppingType": Only("Off"),
        },
        "TrainingJobDefinition": {**_TRAINING, "StaticHyperParameters": DOES, "DefinitionName": KEEPS},
    },
}


def check(operation: str, params: Mapping[str, Any], image: Callable[[str], Any]) -> None:
    """Refuse what is not done, as far as values are known: a step's arguments may be references. Raises AwsError, as ``image`` does."""
    _check(operation, TABLES[operation], params, "", image)


def _check(operation: str, table: Table, params: Mapping[str, Any], prefix: str, image: Callable[[str], Any]) -> None:
    for name, value in params.items():
        what, path = table.get(name), f"{prefix}{name}"
        if not value or is_reference(value):
            continue
        if what is None:
            raise Unsupported(f"{operation} with {path}")
        if isinstance(what, Only) and value not in what:
            raise Unsupported(f"{operation} with {path} {value!r} (it does {', '.join(map(str, what))})")
        if what == IMAGE:
            image(str(value))
        if isinstance(what, Mapping):
            for inner, place in _structures(value, path):
                _check(operation, what, inner, place, image)


def _structures(value: Any, path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """A structure, or those of a list, each with the path to its members."""
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(item, Mapping) and not is_reference(item):
            yield item, f"{path}[{number}]." if isinstance(value, list) else f"{path}."


def rows(table: Table, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(member, what is done with it, values) of all that is taken, for the documentation."""
    for name, what in table.items():
        if isinstance(what, Mapping):
            yield from rows(what, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", KEEPS if what == KEEPS else DOES, ", ".join(map(str, what)) if isinstance(what, Only) else ""
