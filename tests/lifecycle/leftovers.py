"""What an environment leaves that no stack owns, for the tests that take it away."""

import json
from typing import Any

from support import NAMES, World


def bootstrap_role(iam: Any) -> None:
    name = "cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))


def leave(world: World) -> None:
    """What releases, runs and people leave: retained models and configs, old versions, an unfinished upload, a late log group."""
    sagemaker, s3 = world.aws.client("sagemaker"), world.aws.client("s3")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=world.endpoint()["EndpointConfigName"])
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    kept = {k: model[k] for k in ("ExecutionRoleArn", "Containers")}
    sagemaker.create_model(ModelName=NAMES.model(99), **kept)
    variants = [{**config["ProductionVariants"][0], "ModelName": NAMES.model(99)}]
    sagemaker.create_endpoint_config(EndpointConfigName=NAMES.endpoint_config(99), ProductionVariants=variants)
    for bucket in world.buckets.values():
        s3.put_object(Bucket=bucket, Key="scratch", Body=b"1")
        s3.put_object(Bucket=bucket, Key="scratch", Body=b"2")
        s3.delete_object(Bucket=bucket, Key="scratch")
    s3.create_multipart_upload(Bucket=world.buckets["data"], Key="never-finished")
    logs, batches = world.aws.client("logs"), "/aws/sagemaker/TransformJobs"
    for group in (f"/aws/lambda/{NAMES.function('gone')}", batches):
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=batches, logStreamName=f"{NAMES.prefix}-batch-20260131-130000/transform")
