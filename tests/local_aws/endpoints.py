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


def config(aws: LocalAws, name: str, capture: dict[str, Any] | None = None, **weights: float) -> str:
    """An endpoint config of models by weight; its name. Variants are called as their models."""
    variants = [
        {"VariantName": m, "ModelName": m, "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium", "InitialVariantWeight": w}
        for m, w in weights.items()
    ]
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
