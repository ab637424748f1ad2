"""Simple calls per second from one client: the server and, in turns with it in the same run, moto's own server."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.server.processes import Server, local_aws, moto_server

BODY = b"x" * 1024
TARGET = 100.0  # calls per second
DEFINITION = '{"Version": "2020-12-01", "Parameters": [], "Steps": [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}]}'


@dataclass(frozen=True)
class Rate:
    """Calls per second of ours and of the peer, a pair for each round."""

    name: str
    pairs: list[tuple[float, float]]

    @property
    def ours(self) -> float:
        return statistics.median(ours for ours, _ in self.pairs)

    @property
    def peer(self) -> float:
        return statistics.median(peer for _, peer in self.pairs)

    @property
    def ratios(self) -> list[float]:
        return [ours / peer for ours, peer in self.pairs]


def measure(rounds: int, count: int) -> list[Rate]:
    """Every kind of call, ``count`` of them in each of the rounds."""
    with local_aws() as ours, moto_server() as peer:
        sides = [_calls(ours), _calls(peer)]
        rates = []
        for name in sides[0]:
            for side in sides:
                _per_second(side[name], count // 4)  # a warm-up
            rates.append(Rate(name, [(_per_second(sides[0][name], count), _per_second(sides[1][name], count)) for _ in range(rounds)]))
    return rates


def _calls(server: Server) -> dict[str, Callable[[], Any]]:
    """What is asked, of things that are there."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    role = server.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    sagemaker.create_pipeline(PipelineName="bench", PipelineDefinition=DEFINITION, RoleArn=role, ClientRequestToken="b" * 32)
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="model.tar.gz", Body=BODY)
    container = {"Image": image, "ModelDataUrl": "s3://bench/model.tar.gz"}
    sagemaker.create_model(ModelName="bench", PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {"VariantName": "all", "ModelName": "bench", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="bench", ProductionVariants=[variant])
    return {
        "DescribePipeline": partial(sagemaker.describe_pipeline, PipelineName="bench"),
        "DescribeModel": partial(sagemaker.describe_model, ModelName="bench"),
        "DescribeEndpointConfig": partial(sagemaker.describe_endpoint_config, EndpointConfigName="bench"),
        "PutObject, 1 KiB": partial(s3.put_object, Bucket="bench", Key="small", Body=BODY),
        "GetObject, 1 KiB": lambda: _read(s3.get_object(Bucket="bench", Key="small")),
    }


def _read(answer: Any) -> bytes:
    return bytes(answer["Body"].read())


def _per_second(call: Callable[[], Any], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        call()
    return count / (time.perf_counter() - started)
