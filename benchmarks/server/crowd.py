"""Fifty clients at once, each with connections of its own and a mix of services: errors, wrong answers, latencies."""

import itertools
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

_SERVICES = ("s3", "sagemaker", "sts", "dynamodb", "events", "logs")
_ONCE = Config(retries={"total_max_attempts": 1})  # a connection that is refused or reset is an error, not a repetition


@dataclass
class Found:
    """What clients have met: seconds by service, and every error and wrong answer."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in _SERVICES})
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        for name, values in other.seconds.items():
            self.seconds[name] += values
        self.faults += other.faults

    @property
    def calls(self) -> int:
        return sum(len(values) for values in self.seconds.values())


def furnish(client: Callable[[str], Any]) -> None:
    """What the visitors meet: a bucket, a table, a log group, a pipeline."""
    client("s3").create_bucket(Bucket="crowd")
    client("logs").create_log_group(logGroupName="/crowd")
    client("dynamodb").create_table(
        TableName="crowd",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    role = client("iam").create_role(RoleName="crowd", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    steps = '[{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}]'
    definition = f'{{"Version": "2020-12-01", "Parameters": [], "Steps": {steps}}}'
    client("sagemaker").create_pipeline(PipelineName="crowd", PipelineDefinition=definition, RoleArn=role, ClientRequestToken="c" * 32)


def measure(environment: dict[str, str], *, processes: int, clients: int, seconds: float) -> Found:
    """``processes`` times ``clients`` clients for some seconds: this machine's other core is no bottleneck of one interpreter."""
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(processes * clients)
    queue = context.Queue()
    workers = [
        context.Process(target=_worker, args=(environment, range(n * clients, (n + 1) * clients), seconds, together, queue))
        for n in range(processes)
    ]
    for worker in workers:
        worker.start()
    found = Found()
    for _ in workers:
        found.add(queue.get(timeout=seconds + 120))
    for worker in workers:
        worker.join()
    return found


def _worker(environment: dict[str, str], numbers: range, seconds: float, together: Any, queue: Any) -> None:
    queue.put(visit(environment, numbers, lambda: _for(seconds), together.wait))


def _for(seconds: float) -> Iterator[int]:
    end = time.perf_counter() + seconds
    return itertools.takewhile(lambda _: time.perf_counter() < end, itertools.count())


def visit(
    environment: dict[str, str], numbers: range, turns: Callable[[], Iterator[int]], together: Callable[[], object] = lambda: None
) -> Found:
    """A thread per visitor; each calls for as many turns as it is given, once all of them are there."""
    found = [Found() for _ in numbers]
    session = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name=environment["AWS_REGION"])
    made = ({name: session.client(name, endpoint_url=environment["AWS_ENDPOINT_URL"], config=_ONCE) for name in _SERVICES} for _ in numbers)
    visitors = [_Visitor(clients, number, into) for clients, number, into in zip(made, numbers, found, strict=True)]

    def stay(visitor: _Visitor) -> None:
        together()
        for turn in turns():
            visitor.turn(turn)

    threads = [threading.Thread(target=stay, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Found()
    for one in found:
        whole.add(one)
    return whole


class _Visitor:
    """One client: what it reads must be what it has written, and nobody else's."""

    def __init__(self, clients: dict[str, Any], number: int, found: Found) -> None:
        self._client, self._found, self._name = clients, found, f"visitor-{number}"
        self._checked("logs", lambda logs: logs.create_log_stream(logGroupName="/crowd", logStreamName=self._name))

    def turn(self, turn: int) -> None:
        """Every service once; writers and what they have written in the same turn."""
        name, text = self._name, f"{self._name} says {turn}"
        moment = int(time.time() * 1000)
        self._checked("s3", lambda s3: s3.put_object(Bucket="crowd", Key=f"{name}/said", Body=text.encode()))
        self._checked("s3", lambda s3: s3.get_object(Bucket="crowd", Key=f"{name}/said")["Body"].read().decode(), text)
        self._checked(
            "s3", lambda s3: [o["Key"] for o in s3.list_objects_v2(Bucket="crowd", Prefix=f"{name}/")["Contents"]], [f"{name}/said"]
        )
        self._checked("sagemaker", lambda sagemaker: sagemaker.describe_pipeline(PipelineName="crowd")["PipelineName"], "crowd")
        self._checked("sagemaker", lambda sagemaker: len(sagemaker.list_pipelines()["PipelineSummaries"]), 1)
        self._checked("sts", lambda sts: sts.get_caller_identity()["Account"], "123456789012")
        item = {"id": {"S": name}, "said": {"S": text}}
        self._checked("dynamodb", lambda dynamodb: dynamodb.put_item(TableName="crowd", Item=item))
        self._checked("dynamodb", lambda dynamodb: dynamodb.get_item(TableName="crowd", Key={"id": {"S": name}})["Item"], item)
        event = {"Source": "crowd", "DetailType": "Said", "Detail": f'{{"said": "{text}"}}'}
        self._checked("events", lambda events: events.put_events(Entries=[event])["FailedEntryCount"], 0)
        line = [{"timestamp": moment, "message": text}]
        self._checked("logs", lambda logs: logs.put_log_events(logGroupName="/crowd", logStreamName=name, logEvents=line))
        newest = {"logGroupName": "/crowd", "logStreamName": name, "limit": 1}
        self._checked("logs", lambda logs: logs.get_log_events(**newest)["events"][-1]["message"], text)

    def _checked(self, service: str, call: Callable[[Any], Any], wanted: Any = None) -> None:
        started = time.perf_counter()
        try:
            answer = call(self._client[service])
            if wanted is not None and answer != wanted:
                self._found.faults.append(f"{self._name}, {service}: {answer!r} instead of {wanted!r}")
        except Exception as error:
            self._found.faults.append(f"{self._name}, {service}: {error!r}")
        self._found.seconds[service].append(time.perf_counter() - started)
