"""Which IAM actions a call needs, and on which resources: what the journal records and enforcement will judge.

From AWS's service authorization reference, for the operations that pass through the local AWS.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local_aws.principals import ACCOUNT, REGION

_PREFIX = {"sagemaker-runtime": "sagemaker", "service-quotas": "servicequotas"}
# With a VersionId these are other actions
_OF_A_VERSION = {"s3:GetObject", "s3:HeadObject", "s3:DeleteObject", "s3:DeleteObjects"}
_RENAMED = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
}
# parameter → resource type, most specific first
_SAGEMAKER = {
    "PipelineName": "pipeline",
    "ProcessingJobName": "processing-job",
    "TrainingJobName": "training-job",
    "ModelPackageGroupName": "model-package-group",
    "ModelName": "model",
    "EndpointConfigName": "endpoint-config",
    "EndpointName": "endpoint",
    "MonitoringScheduleName": "monitoring-schedule",
}
_PASSED_TO = {
    "sagemaker": "sagemaker.amazonaws.com",
    "cloudformation": "cloudformation.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
}


@dataclass(frozen=True)
class Access:
    """One thing that must be allowed: an action on resources, with the condition keys that are known."""

    action: str
    resources: tuple[str, ...]
    context: dict[str, str] = field(default_factory=dict)


def needed(service: str, operation: str, params: dict[str, Any]) -> list[Access]:
    """Every access that the call needs, PassRole included."""
    prefix = _PREFIX.get(service, service)
    action = f"{prefix}:{operation}"
    if action == "dynamodb:TransactWriteItems":
        # a transaction is authorised as the writes that it holds: Put, Update, Delete, ConditionCheck
        writes = [(kind, write["TableName"]) for item in params.get("TransactItems", []) for kind, write in item.items()]
        return [Access(f"dynamodb:{kind}Item", (_arn("dynamodb", f"table/{table}"),)) for kind, table in writes]
    resources = tuple(_RESOURCES.get(prefix, _any)(params)) or ("*",)
    named = _RENAMED.get(action, action)
    if action in _OF_A_VERSION and _versioned(params):
        named += "Version"
    out = [Access(named, resources, _context(action, params))]
    if operation == "CopyObject" and prefix == "s3":
        source = params.get("CopySource")
        out.append(Access("s3:GetObject", (f"arn:aws:s3:::{source}",)))
    role = _passed_role(params)
    if role and prefix in _PASSED_TO and (operation.startswith(("Create", "Update")) or operation == "DeleteStack"):
        out.append(Access("iam:PassRole", (role,), {"iam:PassedToService": _PASSED_TO[prefix]}))
    return out


def _versioned(params: dict[str, Any]) -> bool:
    return any(item.get("VersionId") for item in (params, *params.get("Delete", {}).get("Objects", [])))


def _context(action: str, params: dict[str, Any]) -> dict[str, str]:
    prefix = action.partition(":")[0]
    if prefix == "cloudformation" and params.get("RoleARN"):
        return {"cloudformation:RoleArn": str(params["RoleARN"])}
    if action == "cloudwatch:PutMetricData":
        return {"cloudwatch:namespace": str(params.get("Namespace"))}
    if prefix == "events" and params.get("Entries"):
        return {"events:source": str(params["Entries"][0].get("Source"))}
    if prefix == "s3" and "Prefix" in params:
        return {"s3:prefix": str(params["Prefix"])}
    return {}


def _passed_role(params: dict[str, Any]) -> str | None:
    for name in ("RoleArn", "ExecutionRoleArn", "RoleARN", "Role"):
        value = params.get(name)
        if isinstance(value, str) and value.startswith("arn:aws:iam::"):
            return value
    target = params.get("Target")
    return str(target["RoleArn"]) if isinstance(target, dict) and "RoleArn" in target else None


def _arn(service: str, resource: str) -> str:
    return resource if resource.startswith("arn:") else f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _sagemaker(params: dict[str, Any]) -> list[str]:
    for name in ("ModelPackageName", "ModelPackageArn", "PipelineExecutionArn", "ResourceArn"):
        if str(params.get(name, "")).startswith("arn:"):
            return [str(params[name])]
    if "ModelPackageGroupName" in params and "InferenceSpecification" in params:
        group = str(params["ModelPackageGroupName"]).rsplit("/", 1)[-1]
        return [_arn("sagemaker", f"model-package-group/{group}"), _arn("sagemaker", f"model-package/{group}/*")]
    found = []
    for name, kind in _SAGEMAKER.items():
        value = params.get(name)
        if isinstance(value, str):
            found.append(value if value.startswith("arn:") else _arn("sagemaker", f"{kind}/{value}"))
    return found


def _s3(params: dict[str, Any]) -> list[str]:
    bucket, key = params.get("Bucket"), params.get("Key")
    if not bucket:
        return []
    if "Delete" in params:  # authorised object by object
        return [f"arn:aws:s3:::{bucket}/{item['Key']}" for item in params["Delete"].get("Objects", [])]
    return [f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"]


def _glue(params: dict[str, Any]) -> list[str]:
    if "JobName" in params:
        return [_arn("glue", f"job/{params['JobName']}")]
    found = []
    if "DatabaseName" in params:
        table = params.get("TableName") or params.get("Name")
        found = [_arn("glue", "catalog"), _arn("glue", f"database/{params['DatabaseName']}")]
        found += [_arn("glue", f"table/{params['DatabaseName']}/{table}")] if table else []
    return found


def _logs(params: dict[str, Any]) -> list[str]:
    group, stream = params.get("logGroupName"), params.get("logStreamName")
    if not group:
        return []
    return [_arn("logs", f"log-group:{group}:log-stream:{stream}" if stream else f"log-group:{group}")]


def _sqs(params: dict[str, Any]) -> list[str]:
    name = str(params.get("QueueUrl") or params.get("QueueName") or "").rsplit("/", 1)[-1]
    return [_arn("sqs", name)] if name else []


def _cloudwatch(params: dict[str, Any]) -> list[str]:
    if "DashboardName" in params:
        return [f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{params['DashboardName']}"]
    alarms = [params["AlarmName"]] if "AlarmName" in params else params.get("AlarmNames", [])
    return [_arn("cloudwatch", f"alarm:{name}") for name in alarms]


def _named(service: str, template: str, *names: str) -> Callable[[dict[str, Any]], list[str]]:
    def find(params: dict[str, Any]) -> list[str]:
        return [
            _arn(service, str(params[n]) if str(params[n]).startswith("arn:") else template.format(params[n]))
            for n in names
            if params.get(n)
        ]

    return find


def _any(_: dict[str, Any]) -> list[str]:
    return []


_RESOURCES: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "sagemaker": _sagemaker,
    "s3": _s3,
    "glue": _glue,
    "logs": _logs,
    "sqs": _sqs,
    "dynamodb": _named("dynamodb", "table/{}", "TableName"),
    "sns": _named("sns", "{}", "TopicArn", "Name"),
    "kms": _named("kms", "key/{}", "KeyId"),
    "lambda": _named("lambda", "function:{}", "FunctionName"),
    "cloudformation": _named("cloudformation", "stack/{}/*", "StackName"),
    "scheduler": _named("scheduler", "schedule/default/{}", "Name"),
    "cloudwatch": _cloudwatch,
    "events": lambda params: (
        [_arn("events", "event-bus/default")] if "Entries" in params else _named("events", "rule/{}", "Name", "Rule")(params)
    ),
    "iam": lambda params: [f"arn:aws:iam::{ACCOUNT}:role/{params['RoleName']}"] if "RoleName" in params else [],
    "application-autoscaling": lambda _: [_arn("application-autoscaling", "scalable-target/*")],
}
