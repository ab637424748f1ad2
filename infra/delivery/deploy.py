"""What `make deploy` does beyond the CDK's bootstrap roles: `loop deployed` and `loop preflight` look at the account first.

The statements follow those two commands call by call; tests/lifecycle/test_operate.py runs both with them.
"""

from infra.iam import ACCOUNT, PARTITION, REGION, Statement, allow, arn, role_arn, s3_arn
from interfaces.names import Names

# Everything that a deploy does beyond reading: the roles of the CDK's bootstrap stack. The execution role is not among them:
# it is passed to CloudFormation by the deploy role and never taken on by a person or a job.
_TAKEN_ON = ("deploy", "file-publishing", "lookup")
_LOOKED_AT = ("deploy", "file-publishing", "cfn-exec")
_LISTED = (
    "application-autoscaling:DescribeScalableTargets", "cloudformation:DescribeType", "sagemaker:ListMonitoringSchedules",
    "servicequotas:ListServiceQuotas", "servicequotas:ListAWSDefaultServiceQuotas",
)  # fmt: skip


def statements(names: Names, qualifier: str) -> list[Statement]:
    """The whole policy for one environment; ``qualifier`` is that of the CDK bootstrap."""
    taken_on, looked_at = (
        [role_arn(f"cdk-{qualifier}-{kind}-role-{ACCOUNT}-{REGION}") for kind in kinds] for kinds in (_TAKEN_ON, _LOOKED_AT)
    )
    alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{names.prefix}"}}
    image = f"arn:{PARTITION}:ecr:{REGION}:*:repository/sagemaker-scikit-learn"
    return [
        allow("AssumeBootstrapRoles", ["sts:AssumeRole"], taken_on),
        allow("CheckBootstrap", ["ssm:GetParameter"], [arn("ssm", f"parameter/cdk-bootstrap/{qualifier}/version")]),
        allow("CheckRoles", ["iam:GetRole"], [*looked_at, role_arn(names.role("*"))]),
        allow("CheckStacks", ["cloudformation:DescribeStacks"], [arn("cloudformation", f"stack/{stack}/*") for stack in names.stacks]),
        allow("CheckBuckets", ["s3:ListBucket", "s3:GetBucketPolicy"], [s3_arn(names.bucket("*", ACCOUNT, REGION))]),
        allow("CheckKey", ["kms:DescribeKey", "kms:GetKeyRotationStatus"], [arn("kms", "key/*")], alias),
        allow("CheckImage", ["ecr:BatchGetImage"], [image]),
        allow("CheckEndpoint", ["sagemaker:DescribeEndpoint"], [arn("sagemaker", f"endpoint/{names.endpoint}")]),
        allow("CheckEndpointConfig", ["sagemaker:DescribeEndpointConfig"], [arn("sagemaker", f"endpoint-config/{names.prefix}-*")]),
        allow("CheckAccount", _LISTED, ["*"]),
    ]
