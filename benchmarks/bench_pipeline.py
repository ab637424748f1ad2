"""Pipeline overhead: five no-op Processing steps on a running local AWS against five no-op steps in Metaflow.

Both are measured in turn in one run, from start to success. Ours is a definition of five steps in a row, each a
job of its own under the container contract, with its code from S3 and its log in CloudWatch; it is started and
followed over the loopback door. Metaflow's flow has start, end and three steps between, run by ``python flow.py run``.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from local_aws.aws import LocalAws

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".envs" / "bench" / "bin" / "python"
PAIRS = 7
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
SCRIPTS = {"noop": "", "imports": "import pandas\nimport sklearn.ensemble\n"}
FLOW = """
from metaflow import FlowSpec, step

class Five(FlowSpec):
    @step
    def start(self):
        self.next(self.one)
    @step
    def one(self):
        self.next(self.two)
    @step
    def two(self):
        self.next(self.three)
    @step
    def three(self):
        self.next(self.end)
    @step
    def end(self):
        pass

if __name__ == "__main__":
    Five()
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, LocalAws() as aws:
        flow = Path(folder) / "flow.py"
        flow.write_text(FLOW)
        clients = {name: boto3.client(name, **_settings(aws)) for name in ("s3", "sagemaker", "iam")}
        _prepare(clients)
        for kind in SCRIPTS:
            ours(clients["sagemaker"], kind)  # warm-up: the image's stand-in starts once
        peer(flow)
        noop, metaflow, imports = [], [], []
        for _ in range(PAIRS):
            noop.append(ours(clients["sagemaker"], "noop"))
            metaflow.append(peer(flow))
            imports.append(ours(clients["sagemaker"], "imports"))
    ratios = [a / b for a, b in zip(noop, metaflow, strict=True)]
    show("five no-op steps, local AWS", noop, "s")
    show("five no-op steps, Metaflow", metaflow, "s")
    show("ratio", ratios, "")
    show("five steps that import pandas and scikit-learn, local AWS", imports, "s")
    print(
        json.dumps(
            {
                "name": "bench-pipeline",
                "ours": round(statistics.median(noop), 3),
                "peer": round(statistics.median(metaflow), 3),
                "ratio": round(statistics.median(ratios), 3),
                "spread": [round(min(ratios), 3), round(max(ratios), 3)],
                "ours_with_imports": round(statistics.median(imports), 3),
            }
        )
    )


def ours(sagemaker: Any, kind: str) -> float:
    """Seconds from StartPipelineExecution to Succeeded, as a client over HTTP sees it."""
    started = time.perf_counter()
    arn = sagemaker.start_pipeline_execution(PipelineName=kind)["PipelineExecutionArn"]
    while (status := sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]) == "Executing":
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    assert status == "Succeeded", sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    return seconds


def peer(flow: Path) -> float:
    """Seconds of one run of the flow, its process included: there is no server to keep."""
    env = {**os.environ, "USERNAME": "bench", "METAFLOW_DEFAULT_METADATA": "local", "METAFLOW_DEFAULT_DATASTORE": "local"}
    started = time.perf_counter()
    subprocess.run([str(PEER), str(flow), "run"], cwd=flow.parent, env=env, capture_output=True, check=True)
    return time.perf_counter() - started


def show(name: str, values: list[float], unit: str) -> None:
    print(f"{name:<60} min {min(values):.3f}  median {statistics.median(values):.3f}  max {max(values):.3f} {unit}")


def _settings(aws: LocalAws) -> dict[str, str]:
    env = aws.environment()
    return {
        "endpoint_url": env["AWS_ENDPOINT_URL"],
        "region_name": env["AWS_REGION"],
        "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"],
    }


def _prepare(clients: dict[str, Any]) -> None:
    role = clients["iam"].create_role(RoleName="bench", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    clients["s3"].create_bucket(Bucket="bench")
    for kind, script in SCRIPTS.items():
        clients["s3"].put_object(Bucket="bench", Key=f"{kind}/step.py", Body=script.encode())
        steps = [_step(number, kind, role) for number in range(5)]
        definition = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})
        clients["sagemaker"].create_pipeline(PipelineName=kind, PipelineDefinition=definition, RoleArn=role, ClientRequestToken=kind * 32)


def _step(number: int, kind: str, role: str) -> dict[str, Any]:
    code = {
        "S3Uri": f"s3://bench/{kind}/step.py",
        "LocalPath": "/opt/ml/processing/input/code",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    return {
        "Name": f"Step{number}",
        "Type": "Processing",
        "DependsOn": [f"Step{number - 1}"] if number else [],
        "Arguments": {
            "RoleArn": role,
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/step.py"]},
            "ProcessingInputs": [{"InputName": "code", "S3Input": code}],
            "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}},
        },
    }


if __name__ == "__main__":
    main()
