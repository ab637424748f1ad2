"""Handwritten pipeline definitions: steps of one line of Python, and running them to their end."""

import json
import uuid
from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.support import BUCKET, CLUSTER, IMAGE, ROLE

OUT = "/opt/ml/processing/output"


def processing(name: str, code: str = "pass", *, environment: dict[str, Any] | None = None, **extra: Any) -> dict[str, Any]:
    """A processing step that runs ``code``; what it writes to ``OUT`` lands in s3://data/out/<name>/."""
    output = {"OutputName": "out", "S3Output": {"S3Uri": f"s3://{BUCKET}/out/{name}", "LocalPath": OUT, "S3UploadMode": "EndOfJob"}}
    arguments = {
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", code]},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "ProcessingOutputConfig": {"Outputs": [output]},
        "Environment": environment or {},
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **extra}


def condition(name: str, *conditions: dict[str, Any], yes: Any = (), no: Any = (), **extra: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {"Conditions": list(conditions), "IfSteps": list(yes), "ElseSteps": list(no)},
        **extra,
    }


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def wanted(path: str) -> dict[str, str]:
    """A reference."""
    return {"Get": path}


def say(text: Any) -> str:
    """Code that ends with a message of the environment variable ``SAID`` in the output file ``said``."""
    return f"import os; open('{OUT}/said', 'w').write(os.environ['SAID'])"


def definition(*steps: dict[str, Any], parameters: Any = ()) -> str:
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)})


def create(aws: LocalAws, *steps: dict[str, Any], parameters: Any = (), name: str | None = None) -> str:
    """A new pipeline; its name."""
    name = name or f"p-{uuid.uuid4().hex[:12]}"
    aws.client("sagemaker").create_pipeline(
        PipelineName=name, RoleArn=ROLE, PipelineDefinition=definition(*steps, parameters=parameters), ClientRequestToken=uuid.uuid4().hex
    )
    return name


def start(aws: LocalAws, name: str, **parameters: str) -> str:
    """Start an execution; its ARN."""
    given = [{"Name": k, "Value": v} for k, v in parameters.items()]
    answer = aws.client("sagemaker").start_pipeline_execution(PipelineName=name, PipelineParameters=given)
    return str(answer["PipelineExecutionArn"])


def run(aws: LocalAws, *steps: dict[str, Any], parameters: Any = (), **given: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """A new pipeline, run once to its end: the execution's status, and its steps by name."""
    arn = start(aws, create(aws, *steps, parameters=parameters), **given)
    aws.settle()
    return status(aws, arn), steps_of(aws, arn)


def status(aws: LocalAws, arn: str) -> str:
    return str(aws.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"])


def steps_of(aws: LocalAws, arn: str) -> dict[str, dict[str, Any]]:
    found = aws.client("sagemaker").list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)["PipelineExecutionSteps"]
    return {s["StepName"]: s for s in found}
