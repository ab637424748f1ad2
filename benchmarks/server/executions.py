"""Pipeline executions, one after another and some at once, in one server's life: what the server holds more after each."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.server.processes import Sample, Server, local_aws, sample

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
OUT, CODE = "/opt/ml/processing/output", "/opt/ml/processing/input/code"
_TOGETHER = 4
_EVERY = 10  # every so many executions, some are started at once


@dataclass(frozen=True)
class Course:
    """What was held after so many executions."""

    samples: list[tuple[int, Sample]]
    warm_up: int

    def growth(self, of: Callable[[Sample], float]) -> float:
        """The fitted slope after the warm-up, per execution."""
        points = [(done, of(held)) for done, held in self.samples if done >= self.warm_up]
        return statistics.linear_regression(*zip(*points, strict=True)).slope


def measure(count: int, warm_up: int, show: Callable[[int, Sample], None] = lambda done, held: None) -> Course:
    """``count`` executions and twenty-odd samples. Raises RuntimeError for one that does not succeed."""
    samples = []
    with tempfile.TemporaryDirectory(prefix="b") as folder, local_aws(temporary=Path(folder)) as server:
        sagemaker = prepare(server.client)
        every, done = max(count // 20, _TOGETHER), 0
        while done < count:
            target = min(done + every, count)
            while done < target:
                done += run(sagemaker, min(_TOGETHER if done // _EVERY % 2 else 1, target - done))
            samples.append((done, settled(server, Path(folder))))
            show(*samples[-1])
    return Course(samples, warm_up)


def settled(server: Server, folder: Path) -> Sample:
    """A sample with nothing under way: a log's last lines are written, jobs have removed what they made."""
    while not server.idle():
        time.sleep(0.05)
    time.sleep(1.0)
    return sample(server.pid, folder)


def prepare(client: Callable[[str], Any]) -> Any:
    """A pipeline of a Condition and a job under the container contract, with code from S3, a log and an output to S3."""
    role = client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client("s3").create_bucket(Bucket="bench")
    script = f"print('a line')\nopen('{OUT}/said', 'w').write('done')\n"
    client("s3").put_object(Bucket="bench", Key="code/step.py", Body=script.encode())
    condition = {"Type": "Equals", "LeftValue": {"Get": "Parameters.Go"}, "RightValue": "yes"}
    choice = {"Name": "Go", "Type": "Condition", "Arguments": {"Conditions": [condition], "IfSteps": [_job(role)], "ElseSteps": []}}
    parameters = [{"Name": "Go", "Type": "String", "DefaultValue": "yes"}]
    definition = json.dumps({"Version": "2020-12-01", "Parameters": parameters, "Steps": [choice]})
    sagemaker = client("sagemaker")
    sagemaker.create_pipeline(PipelineName="bench", PipelineDefinition=definition, RoleArn=role, ClientRequestToken="b" * 32)
    return sagemaker


def run(sagemaker: Any, together: int) -> int:
    """Start some executions at once and follow them to success; how many. Raises RuntimeError."""
    arns = [sagemaker.start_pipeline_execution(PipelineName="bench")["PipelineExecutionArn"] for _ in range(together)]
    for arn in arns:
        while (status := sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]) == "Executing":
            time.sleep(0.01)
        if status != "Succeeded":
            raise RuntimeError(f"{arn} {status}: {sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)}")
    return together


def _job(role: str) -> dict[str, Any]:
    code = {"S3Uri": "s3://bench/code/step.py", "LocalPath": CODE, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    output = {"S3Uri": "s3://bench/out", "LocalPath": OUT, "S3UploadMode": "EndOfJob"}
    arguments = {
        "RoleArn": role,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", f"{CODE}/step.py"]},
        "ProcessingInputs": [{"InputName": "code", "S3Input": code}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}},
    }
    return {"Name": "Work", "Type": "Processing", "Arguments": arguments}
