"""A tiny model that the serving image really loads, and endpoints made of it."""

from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.support import IMAGE, ROLE, put, tarred, until

INFERENCE = """
    import os
    from flask import Response, request

    def model_fn(folder):
        return open(os.path.join(folder, "word")).read()

    def transform_fn(model, body, content_type, accept):
        text = body if isinstance(body, str) else body.decode("latin-1")
        if text.startswith("status "):
            return Response("asked for it", status=int(text.split()[1]), mimetype="text/plain")
        if text == "raise":
            raise RuntimeError("the model broke")
        custom = request.headers.get("X-Amzn-SageMaker-Custom-Attributes", "-")
        answer = Response(f"{model},{content_type},{accept},{len(body)}", mimetype="text/csv")
        answer.headers["X-Amzn-SageMaker-Custom-Attributes"] = f"seen {custom}"
        return answer
"""
SERVING = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code", "PIP_NO_BUILD_ISOLATION": "0"}
QUICK = {"PYTHONPATH": "/opt/ml/model/code"}  # the code is importable, so the image does not install it
SLOW = {"PYTHONPATH": ""}


def model(aws: LocalAws, name: str, word: str = "hello", code: str = INFERENCE, *, isolated: bool = False, **environment: str) -> str:
    """A model whose answers begin with a word; its name."""
    uri = put(aws, f"models/{name}.tar.gz", tarred({"word": word, "code/inference.py": code}))
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": {**SERVING, **QUICK, **environment}}
    aws.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container, EnableNetworkIsolation=isolated)
    return name


def config(
    aws: LocalAws, name: str, capture: dict[str, Any] | None = None, *, variant: str = "", instances: int = 1, **weights: float
) -> str:
    """An endpoint config of models by weight; its name. Variants are called as their models, or as said."""
    shared = {"InitialInstanceCount": instances, "InstanceType": "ml.t2.medium"}
    variants = [{"VariantName": variant or m, "ModelName": m, "InitialVariantWeight": w, **shared} for m, w in weights.items()]
    extra = {"DataCaptureConfig": capture} if capture else {}
    aws.client("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **extra)
    return name


def create(aws: LocalAws, name: str, config_name: str) -> str:
    """An endpoint, waited for; its status."""
    aws.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config_name)
    return settled(aws, name)["EndpointStatus"]


def settled(aws: LocalAws, name: str) -> dict[str, Any]:
    """The description of an endpoint once nothing goes on with it."""
    describe = lambda: aws.client("sagemaker").describe_endpoint(EndpointName=name)  # noqa: E731
    return dict(until(lambda: (d := describe())["EndpointStatus"] in ("InService", "Failed") and d))


def invoke(aws: LocalAws, name: str, body: bytes | str = b"1,2", **extra: Any) -> dict[str, Any]:
    answer = aws.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=body, **{"ContentType": "text/csv", **extra})
    return {**answer, "Body": answer["Body"].read()}


def word(aws: LocalAws, name: str) -> str:
    """Which model answers."""
    return str(invoke(aws, name)["Body"].decode().split(",")[0])


def serverless_config(aws: LocalAws, name: str, model_name: str, concurrency: int) -> str:
    """An endpoint config of one serverless variant; its name."""
    variant = {
        "VariantName": model_name,
        "ModelName": model_name,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency},
    }
    aws.client("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return name


def alarm(aws: LocalAws, name: str, state: str = "OK") -> str:
    """An alarm that changes only when a test says so; its name."""
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="Test", MetricName=name, Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip
    aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")
    return name


def guarded(
    alarms: list[str], kind: str = "CANARY", *, bake: int = 600, termination: int = 0, limit: int = 28_800, **size: int
) -> dict[str, Any]:
    """A DeploymentConfig of the blue/green kind. Sizes are in percent of the capacity."""
    routing: dict[str, Any] = {"Type": kind, "WaitIntervalInSeconds": bake}
    routing |= {name: {"Type": "CAPACITY_PERCENT", "Value": value} for name, value in size.items()}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": termination, "MaximumExecutionTimeoutInSeconds": limit}
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": a} for a in alarms]}} if alarms else {}
    return {"BlueGreenUpdatePolicy": policy, **rollback}
