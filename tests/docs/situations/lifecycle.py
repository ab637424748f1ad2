"""What the pages on functions, drops, training and retraining are about, and how each must end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from interfaces import events, layout
from tests.docs.commands.story import NAMES, raise_alarm, serving
from tests.docs.situations.kind import Situation
from tests.lifecycle.support import World, loan_rows


def waiting(world: World) -> int:
    """Messages in the dead-letter queue."""
    sqs = world.aws.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{NAMES.prefix}-dead-letters")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


def breaks_ingest(world: World) -> None:
    """The function cannot be imported while a drop lands, until Lambda gives the event up; then it is mended."""
    functions, name = world.aws.client("lambda"), NAMES.function("ingest")
    handler = functions.get_function_configuration(FunctionName=name)["Handler"]
    functions.update_function_configuration(FunctionName=name, Handler="lambdas.ingest.gone.handle")
    world.land("late", ("a.csv", loan_rows(300, 11)))
    world.aws.settle()
    world.aws.advance(timedelta(minutes=2))
    world.aws.advance(timedelta(minutes=3))
    functions.update_function_configuration(FunctionName=name, Handler=handler)


def dead_letters(world: World, _: Path) -> Situation:
    """One event of ingest, and one that makes up for itself."""
    breaks_ingest(world)
    assert waiting(world) == 1 and world.versions("late") == []
    sqs = world.aws.client("sqs")
    rule = {"RULE_ARN": {"DataType": "String", "StringValue": f"arn:aws:events:us-east-1:123456789012:rule/{NAMES.prefix}-stack-settled"}}
    url = sqs.get_queue_url(QueueName=f"{NAMES.prefix}-dead-letters")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}", MessageAttributes=rule)
    printed = yield
    assert "lambdas.ingest.gone" in printed[0] and "late/_SUCCESS" in printed[0] and "ErrorMessage" in printed[0]
    assert f"{NAMES.prefix}-stack-settled" in printed[0] and "ATTRIBUTES\t0" in printed[3]
    assert waiting(world) == 0
    world.until(lambda: world.versions("late"))
    world.aws.settle()


def function_errors(world: World, _: Path) -> Situation:
    raise_alarm(world, "function-errors")
    event = {"detail-type": events.PACKAGE_STATE_CHANGE, "detail": {"ModelPackageName": "another form of the event"}}
    world.aws.client("lambda").invoke(FunctionName=NAMES.function("release"), Payload=json.dumps(event))
    printed = yield
    assert "release:" in printed[0] and "KeyError" in printed[0].partition("release:")[2].partition("monitor:")[0]
    assert "UpdateServing" in printed[1] and "cloudformation:UpdateStack" in printed[1]
    assert '"step": "Nothing"' in printed[2]


def throttles(world: World, _: Path) -> Situation:
    printed = yield
    assert "1000" in printed[0] and NAMES.function("release") in printed[0]
    assert f"ATTRIBUTES\t{waiting(world)}" in printed[1]


def functions(world: World, _: Path) -> Situation:
    raise_alarm(world, "function-errors")
    printed = yield
    assert NAMES.alarm("functions-unhealthy") in printed[0] and "docs/runbooks/function-errors.md" in printed[0]
    assert "InService" in printed[1]


@contextmanager
def without(world: World, bucket: str, key: str) -> Iterator[None]:
    """While an object is gone."""
    s3 = world.aws.client("s3")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=key)
    try:
        yield
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=body)


def ingest_failed(world: World, _: Path) -> Situation:
    script = world.aws.client("glue").get_job(JobName=NAMES.ingest_job)["Job"]["Command"]["ScriptLocation"]
    with without(world, *layout.split_uri(script)):
        world.land("again", ("a.csv", loan_rows(300, 12)))
        world.until(lambda: any("ingest-failed.md" in m for m in world.notifications()))
    assert world.versions("again") == []
    printed = yield
    assert "FAILED\tagain\t" in printed[0]
    world.until(lambda: world.versions("again"))
    world.aws.settle()


def ingest_rejected(world: World, folder: Path) -> Situation:
    (folder / "mended.csv").write_bytes(loan_rows(300, 13))
    header, *rows = loan_rows(60, 13).splitlines()
    age = header.decode().split(",").index("age")
    spoiled = [b",".join([*cells[:age], b"old", *cells[age + 1 :]]) for cells in (row.split(b",") for row in rows)]
    world.land("spoiled", ("a.csv", b"\n".join([header, *spoiled])))
    world.until(lambda: world.refusal("spoiled"))
    printed = yield
    assert "is not a whole number" in printed[0] and "'old'" in printed[0]
    assert len([line for line in printed[0].splitlines() if line.startswith('{"') and '"old"' in line]) >= 5
    world.until(lambda: world.versions("mended"))
    world.aws.settle()


def pipeline_failed(world: World, _: Path) -> Situation:
    """The manifest of a version is gone when the pipeline starts on it, and is brought back."""
    rule = f"{NAMES.prefix}-version-created"
    world.aws.client("events").disable_rule(Name=rule)
    world.land("third", ("a.csv", loan_rows(1500, 14)))
    version = world.until(lambda: world.versions("third"))[0]
    world.aws.settle()
    world.aws.client("events").enable_rule(Name=rule)
    sagemaker = world.aws.client("sagemaker")
    with without(world, world.buckets["data"], layout.manifest_key(version)):
        parameters = [{"Name": "DatasetVersion", "Value": version}]
        arn = sagemaker.start_pipeline_execution(PipelineName=NAMES.pipeline, PipelineParameters=parameters)["PipelineExecutionArn"]
        world.until(lambda: world.steps(arn) and any(s["StepStatus"] == "Failed" for s in world.steps(arn).values()))
        world.aws.settle()
    printed = yield
    assert f"manifests/{version}.json" in printed[0] and "Validate" in printed[0]
    assert "Succeeded" in printed[1]
    assert world.steps(arn)["Register"]["Metadata"]["RegisterModel"]["Arn"].rpartition("/")[0].endswith(NAMES.model_package_group)
    world.aws.settle()


def retraining(world: World, _: Path) -> Situation:
    serves = serving(world)
    printed = yield
    assert f"pipeline {NAMES.pipeline}" in printed[0] and "SUCCEEDED" in printed[0]
    assert printed[1].startswith("retrain: ") and "labels were late" in printed[1]
    world.aws.settle()
    state = world.aws.client("dynamodb").get_item(TableName=NAMES.state_table, Key={"pk": {"S": "retrain/state"}})["Item"]
    assert "on-call" in state["reason"]["S"] and serves >= 1
