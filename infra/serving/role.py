"""The role of the endpoint's containers."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, REGION, allow, arn, role, s3_arn
from infra.platform.training import image_registry, observe, pull_image
from interfaces import layout


def execution_role(scope: Construct, environment: Environment) -> str:
    """Its ARN."""
    names = environment.names
    artefacts, data = (names.bucket(kind, ACCOUNT, REGION) for kind in ("artefacts", "data"))
    # the key lives in another stack: bound by its alias instead of its id
    alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{names.prefix}"}}
    return role(
        scope,
        "EndpointRole",
        name=names.role("endpoint"),
        service="sagemaker.amazonaws.com",
        purpose="The model's containers, of endpoints and batch transforms: read model and batches, write answers, capture and logs",
        statements=[
            allow("ReadModel", ["s3:GetObject"], [s3_arn(artefacts, f"{layout.RUNS}/*")]),
            allow("ListModels", ["s3:ListBucket"], [s3_arn(artefacts)]),
            allow("WriteCapture", ["s3:PutObject"], [s3_arn(data, f"{layout.CAPTURE}/*")]),
            allow("ReadBatches", ["s3:GetObject"], [s3_arn(data, f"{layout.BATCH_INPUT}*")]),
            allow("ListBatches", ["s3:ListBucket"], [s3_arn(data)], {"StringLike": {"s3:prefix": f"{layout.BATCH_INPUT}*"}}),
            allow("WriteAnswers", ["s3:PutObject"], [s3_arn(data, f"{layout.BATCH_OUTPUT}*")]),
            allow("UseKeyByAlias", ["kms:Decrypt", "kms:GenerateDataKey"], [arn("kms", "key/*")], alias),
            allow("ReadGuardrails", ["cloudwatch:DescribeAlarms"], [arn("cloudwatch", f"alarm:{names.release_alarm('*')}")]),
            *observe("Endpoints", "TransformJobs"),
            *pull_image(image_registry(scope)),
        ],
    )
