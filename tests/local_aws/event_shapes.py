"""Documented shapes of the events that the local AWS emits, as JSON schemas.

From the EventBridge pages of the services' own guides: Amazon SageMaker AI ("Events sent"), Amazon S3 ("EventBridge event
message structure"), AWS Glue ("Automating with EventBridge"), AWS CloudFormation ("Managing events"), Amazon CloudWatch
("Alarm events and EventBridge"). Members that those pages do not know are faults, and so are values of another kind.
"""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
MILLISECONDS = {"type": "integer", "minimum": 1_000_000_000_000}
ANY: dict[str, Any] = {}
ARRAY = {"type": "array"}
OBJECT = {"type": "object"}
ARN = {"type": "string", "pattern": "^arn:aws:"}


def shape(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with just these members."""
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}, "additionalProperties": False}


def job(title: str, optional: str, *objects: str) -> dict[str, Any]:
    """A job's event: its description, with times in milliseconds."""
    required = {f"{title}JobName": TEXT, f"{title}JobArn": ARN, f"{title}JobStatus": TEXT, "CreationTime": MILLISECONDS}
    times = {f"{title}StartTime": MILLISECONDS, f"{title}EndTime": MILLISECONDS, "LastModifiedTime": MILLISECONDS}
    return shape(required, {**dict.fromkeys(optional.split(), ANY), **dict.fromkeys(objects, OBJECT), **times, "FailureReason": TEXT})


STATE = shape({"value": TEXT, "timestamp": TEXT}, {"reason": TEXT, "reasonData": TEXT, "evaluationState": TEXT, "actionsSuppressedBy": TEXT,
                                                   "actionsSuppressedReason": TEXT})  # fmt: skip
STATUS = shape({"status": TEXT, "status-reason": TEXT})
PIPELINE = {"pipelineArn": ARN, "pipelineExecutionArn": ARN}
S3_OBJECT = shape({"key": TEXT, "sequencer": TEXT}, {"size": NUMBER, "etag": TEXT, "version-id": TEXT})
S3 = {
    "version": TEXT, "bucket": shape({"name": TEXT}), "object": S3_OBJECT, "request-id": TEXT, "requester": TEXT,
    "source-ip-address": TEXT, "reason": TEXT,
}  # fmt: skip

DETAILS: dict[tuple[str, str], dict[str, Any]] = {
    ("aws.sagemaker", "SageMaker Training Job State Change"): job(
        "Training",
        "SecondaryStatus SecondaryStatusTransitions InputDataConfig ModelArtifacts EnableNetworkIsolation EnableManagedSpotTraining "
        "EnableInterContainerTrafficEncryption FinalMetricDataList TrainingTimeInSeconds BillableTimeInSeconds Tags RoleArn "
        "DebugHookConfig TuningJobArn ProfilerConfig DebugRuleConfigurations CheckpointConfig VpcConfig ExperimentConfig RetryStrategy",
        "HyperParameters", "AlgorithmSpecification", "OutputDataConfig", "ResourceConfig", "StoppingCondition", "Environment",
    ),
    ("aws.sagemaker", "SageMaker Processing Job State Change"): job(
        "Processing",
        "ProcessingInputs ExitMessage Tags RoleArn MonitoringScheduleArn NetworkConfig ExperimentConfig",
        "ProcessingOutputConfig", "ProcessingResources", "AppSpecification", "StoppingCondition", "Environment",
    ),
    ("aws.sagemaker", "SageMaker Transform Job State Change"): job(
        "Transform",
        "ModelName RoleArn MaxConcurrentTransforms MaxPayloadInMB BatchStrategy Tags",
        "TransformInput", "TransformOutput", "TransformResources", "Environment",
    ),
    ("aws.sagemaker", "SageMaker HyperParameter Tuning Job State Change"): shape(
        {"HyperParameterTuningJobName": TEXT, "HyperParameterTuningJobArn": ARN, "HyperParameterTuningJobStatus": TEXT,
         "CreationTime": MILLISECONDS, "LastModifiedTime": MILLISECONDS},
        {"Tags": ANY, "HyperParameterTuningJobConfig": OBJECT},
    ),
    ("aws.sagemaker", "SageMaker Model Building Pipeline Execution Status Change"): shape(
        {**PIPELINE, "currentPipelineExecutionStatus": TEXT, "executionStartTime": MOMENT, "pipelineExecutionDisplayName": TEXT,
         "pipelineExecutionDescription": TEXT},
        {"previousPipelineExecutionStatus": TEXT, "executionEndTime": MOMENT},
    ),
    ("aws.sagemaker", "SageMaker Model Building Pipeline Execution Step Status Change"): shape(
        {**PIPELINE, "stepName": TEXT, "stepType": TEXT, "currentStepStatus": TEXT, "previousStepStatus": TEXT, "stepStartTime": MOMENT,
         "metadata": OBJECT},
        {"stepEndTime": MOMENT, "failureReason": TEXT, "cacheHitResult": OBJECT},
    ),
    ("aws.sagemaker", "SageMaker Model Package State Change"): shape(
        {"ModelPackageName": TEXT, "ModelPackageArn": ARN, "ModelPackageStatus": TEXT, "CreationTime": MILLISECONDS},
        {"ModelPackageGroupName": TEXT, "ModelPackageVersion": NUMBER, "ModelPackageDescription": TEXT, "InferenceSpecification": OBJECT,
         "ModelPackageStatusDetails": OBJECT, "CertifyForMarketplace": ANY, "ModelApprovalStatus": TEXT, "MetadataProperties": OBJECT,
         "ModelMetrics": OBJECT, "ApprovalDescription": TEXT, "CustomerMetadataProperties": OBJECT, "LastModifiedTime": MILLISECONDS,
         "Tags": ANY},
    ),
    ("aws.sagemaker", "SageMaker Endpoint State Change"): shape(
        {"EndpointName": TEXT, "EndpointArn": ARN, "EndpointConfigName": TEXT, "EndpointStatus": TEXT, "CreationTime": MILLISECONDS,
         "LastModifiedTime": MILLISECONDS},
        {"ProductionVariants": ARRAY, "DataCaptureConfig": OBJECT, "FailureReason": TEXT, "Tags": ANY, "LastDeploymentConfig": OBJECT},
    ),
    ("aws.s3", "Object Created"): shape(S3),
    ("aws.s3", "Object Deleted"): shape({**S3, "deletion-type": TEXT}),
    ("aws.glue", "Glue Job State Change"): shape({"jobName": TEXT, "severity": TEXT, "state": TEXT, "jobRunId": TEXT, "message": TEXT}),
    ("aws.cloudformation", "CloudFormation Stack Status Change"): shape(
        {"stack-id": ARN, "status-details": STATUS, "client-request-token": TEXT}
    ),
    ("aws.cloudformation", "CloudFormation Resource Status Change"): shape(
        {"stack-id": ARN, "status-details": STATUS, "client-request-token": TEXT, "logical-resource-id": TEXT,
         "physical-resource-id": TEXT, "resource-type": TEXT}
    ),
    ("aws.cloudwatch", "CloudWatch Alarm State Change"): shape(
        {"alarmName": TEXT, "state": STATE, "configuration": OBJECT}, {"previousState": STATE}
    ),
}  # fmt: skip
ENVELOPE = shape(
    {
        "version": {"const": "0"}, "id": {"type": "string", "pattern": "^[0-9a-f-]{36}$"}, "detail-type": TEXT, "source": TEXT,
        "account": {"type": "string", "pattern": r"^\d{12}$"}, "time": MOMENT, "region": TEXT, "resources": {"type": "array", "items": ARN},
        "detail": OBJECT,
    }
)  # fmt: skip


@cache
def _validator(key: tuple[str, str] | None) -> Draft202012Validator:
    return Draft202012Validator(ENVELOPE if key is None else DETAILS[key])


def faults(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event of AWS; a user's own events have no shape beside the envelope."""
    key = (event["source"], event["detail-type"])
    found = [f"{'.'.join(map(str, e.path)) or 'event'}: {e.message}" for e in _validator(None).iter_errors(event)]
    if key in DETAILS:
        found += [f"detail.{'.'.join(map(str, e.path))}: {e.message}" for e in _validator(key).iter_errors(event["detail"])]
    elif event["source"].startswith("aws."):
        found.append(f"no documented shape for {key}")
    return found
