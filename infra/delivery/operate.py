"""What a night's run does with a sandbox beyond deploying it: `loop verify` and `loop destroy`, and nothing else.

The statements follow those two commands call by call; tests/lifecycle/test_operate.py runs both with them.
"""

from infra.iam import ACCOUNT, REGION, Statement, allow, arn, role_arn, s3_arn
from interfaces import layout
from interfaces.names import CURATED_TABLE, Names

# Found by listing the account, as AWS documents no resource for these
_FOUND = ("Endpoints", "EndpointConfigs", "Models", "ModelPackageGroups", "MonitoringSchedules", "ProcessingJobs", "TrainingJobs")
_LISTED = ("kms:ListKeys", "kms:ListAliases", "s3:ListAllMyBuckets", "dynamodb:ListTables", "events:ListRules", "scheduler:ListSchedules")
_SCHEDULED = ("monitor-tick", "retrain-tick", "reconcile", "review", "sweep-daily")


def statements(names: Names, qualifier: str) -> list[Statement]:
    """The whole policy for one environment; ``qualifier`` is that of the CDK bootstrap."""
    execution = role_arn(f"cdk-{qualifier}-cfn-exec-role-{ACCOUNT}-{REGION}")
    assets = s3_arn(f"cdk-{qualifier}-assets-{ACCOUNT}-{REGION}", "*")
    return [
        *_stacks(names, execution),
        *_storage(names, assets),
        *_sagemaker(names),
        *_events(names),
        *_traces(names),
        allow("FindWhatIsLeft", [*_LISTED, *(f"sagemaker:List{kind}" for kind in _FOUND)], ["*"]),
    ]


def _stacks(names: Names, execution: str) -> list[Statement]:
    every = [arn("cloudformation", f"stack/{names.prefix}-*/*")]
    released = [arn("cloudformation", f"stack/{stack}/*") for stack in (names.serving_stack, names.monitoring_stack)]
    releasing = [role_arn(names.role(f"{kind}-deploy")) for kind in ("serving", "monitoring")]
    return [
        allow("ReadStacks", ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"], every),
        allow("UnprotectRelease", ["cloudformation:SetStackPolicy"], released),
        allow("WithdrawRelease", ["cloudformation:UpdateStack"], released, {"StringEquals": {"cloudformation:RoleArn": releasing}}),
        allow("DeleteStacks", ["cloudformation:DeleteStack"], every, {"StringEquals": {"cloudformation:RoleArn": execution}}),
        allow(
            "PassStackRoles",
            ["iam:PassRole"],
            [execution, *releasing],
            {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        ),
        allow("FindDeletingRole", ["iam:GetRole"], [execution]),
        allow("SimulatePolicies", ["iam:SimulatePrincipalPolicy"], [role_arn(names.role("*"))]),
        allow("NoteWithdrawal", ["dynamodb:UpdateItem", "dynamodb:DeleteTable"], [arn("dynamodb", f"table/{names.state_table}")]),
    ]


def _storage(names: Names, assets: str) -> list[Statement]:
    data, landing, every = (names.bucket(kind, ACCOUNT, REGION) for kind in ("data", "landing", "*"))
    drops = f"{layout.DROPS}verify-*"
    listing = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:DeleteBucket"]
    alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{names.prefix}"}}
    using = ["kms:Decrypt", "kms:GenerateDataKey", "kms:ScheduleKeyDeletion"]
    return [
        allow("ReadContract", ["s3:GetObject"], [assets]),
        allow("ReadRun", ["s3:GetObject"], [s3_arn(data, "*")]),
        allow("LandRun", ["s3:PutObject"], [s3_arn(landing, drops)]),
        allow("EmptyBuckets", listing, [s3_arn(every)]),
        allow("EmptyObjects", ["s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], [s3_arn(every, "*")]),
        allow("UseKeyByAlias", using, [arn("kms", "key/*")], alias),
        allow("DescribeKeys", ["kms:DescribeKey"], [arn("kms", "key/*")]),
        allow("RemoveAlias", ["kms:DeleteAlias"], [arn("kms", f"alias/{names.prefix}"), arn("kms", "key/*")]),
    ]


def _sagemaker(names: Names) -> list[Statement]:
    executions = [arn("sagemaker", f"pipeline/{names.pipeline}"), arn("sagemaker", f"pipeline/{names.pipeline}/execution/*")]
    group, packages = (arn("sagemaker", f"{kind}/{names.model_package_group}") for kind in ("model-package-group", "model-package"))
    jobs = [arn("sagemaker", f"{kind}-job/{begin}*") for kind in ("processing", "training") for begin in (f"{names.prefix}-", "pipelines-")]
    endpoints = [arn("sagemaker", f"endpoint/{names.endpoint_of(kind)}") for kind in ("real-time", "serverless")]
    follow = [f"sagemaker:{verb}" for verb in ("ListPipelineExecutions", "ListPipelineExecutionSteps", "DescribePipelineExecution")]
    over = [f"sagemaker:{verb}{kind}Job" for kind in ("Processing", "Training") for verb in ("Describe", "Stop", "Delete")]
    serving = [arn("sagemaker", f"{kind}/{names.prefix}-*") for kind in ("endpoint", "endpoint-config", "model", "monitoring-schedule")]
    remove = [f"sagemaker:Delete{kind}" for kind in ("Endpoint", "EndpointConfig", "Model", "MonitoringSchedule")]
    return [
        allow("FollowRun", [*follow, "sagemaker:ListPipelineParametersForExecution", "sagemaker:StopPipelineExecution"], executions),
        allow("FollowJobs", over, jobs),
        allow("InvokeRelease", ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"], endpoints),
        allow("RemoveServing", remove, serving),
        allow("RemovePackages", ["sagemaker:DescribeModelPackage", "sagemaker:DeleteModelPackage"], [f"{packages}/*"]),
        allow("RemoveGroup", ["sagemaker:ListModelPackages", "sagemaker:DeleteModelPackageGroup"], [group]),
    ]


def _events(names: Names) -> list[Statement]:
    """A queue and a rule that listen for the time of a run, and the standstill before everything goes."""
    listen = ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "SetQueueAttributes", "ReceiveMessage", "DeleteMessage"]
    rules, listener = (arn("events", f"rule/{names.prefix}-{rest}") for rest in ("*", "verify-*"))
    scheduled = [role_arn(names.role(name)) for name in _SCHEDULED]
    return [
        allow("ListenToRun", [f"sqs:{verb}" for verb in listen], [arn("sqs", f"{names.prefix}-verify-*")]),
        allow("RouteToListener", [f"events:{verb}" for verb in ("PutRule", "PutTargets", "RemoveTargets", "DeleteRule")], [listener]),
        allow("StopRules", ["events:DisableRule"], [rules]),
        allow(
            "StopSchedules", ["scheduler:GetSchedule", "scheduler:UpdateSchedule"], [arn("scheduler", f"schedule/default/{names.prefix}-*")]
        ),
        allow("PassTickRoles", ["iam:PassRole"], scheduled, {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}),
    ]


def _traces(names: Names) -> list[Statement]:
    functions = [arn("lambda", f"function:{names.function(verb)}") for verb in ("ingest", "approve", "release")]
    database = names.glue_database
    table = [arn("glue", what) for what in ("catalog", f"database/{database}", f"table/{database}/{CURATED_TABLE}")]
    groups = [arn("logs", f"log-group:{group}*") for group in (f"/aws/lambda/{names.prefix}-", "/aws/sagemaker/", "/aws-glue/")]
    alarms = [arn("cloudwatch", f"alarm:{prefix}*") for prefix in (f"{names.prefix}-", f"TargetTracking-endpoint/{names.endpoint}/")]
    return [
        allow("ReadFunctions", ["lambda:GetFunctionConfiguration"], functions),
        allow("ReadIngest", ["glue:GetJob", "glue:GetJobRuns"], [arn("glue", f"job/{names.ingest_job}")]),
        allow("RemoveVersion", ["glue:DeletePartition"], table),
        allow("ReadLogs", ["logs:DescribeLogStreams", "logs:FilterLogEvents"], groups),
        allow("RemoveLogs", ["logs:DeleteLogStream", "logs:DeleteLogGroup"], groups),
        allow("FindLogs", ["logs:DescribeLogGroups"], [arn("logs", "log-group:*")]),
        allow("FindAlarms", ["cloudwatch:DescribeAlarms"], [arn("cloudwatch", "alarm:*")]),
        allow("RemoveAlarms", ["cloudwatch:DeleteAlarms"], alarms),
    ]
