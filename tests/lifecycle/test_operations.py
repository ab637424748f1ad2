"""What a person does with what is deployed: look at runs and logs, test it, and take it away without a trace."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from leftovers import bootstrap_role, leave
from support import NAMES, ROOT, World, loan_rows
from typer.testing import CliRunner

from cli.collect import collect
from cli.commands import inspect
from cli.destroy import stacks
from cli.destroy.run import Destroy
from cli.errors import CliError
from cli.inspect import render
from cli.inspect.logs import follow, read, source
from cli.inspect.runs import find, ingest_runs, runs_of
from cli.main import app
from cli.progress import Progress
from local_aws.aws import LocalAws

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def released(world: World) -> World:
    world.land("first", ("a.csv", loan_rows(1200)))
    package = world.until(lambda: next((p for p in world.packages() if p["ModelApprovalStatus"] == "Approved"), None))
    world.until(lambda: world.serves(package["ModelPackageArn"]))
    return world


def loop(world: World, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What the command prints, run as a user would against AWS_ENDPOINT_URL."""
    for key, value in world.aws.environment().items():
        monkeypatch.setenv(key, value)
    done = CliRunner().invoke(app, [*arguments, "--environment", NAMES.prefix], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time is not UTC: boto gives times in it."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "IST-5:30")
        time.tzset()
        yield
    time.tzset()


def test_times_are_those_of_utc_on_every_machine(released: World, in_india: None) -> None:
    (execution,) = runs_of(released.aws.client, NAMES, 5)["executions"]
    shown = collect(released.aws.client, NAMES)["execution"]
    for found in (execution, shown):
        times = [one[key] for one in (found, *found["steps"]) for key in ("started", "ended") if key in one]
        assert len(times) > 5 and all(text.endswith("+00:00") for text in times)
    (ingest,) = ingest_runs(released.aws.client, NAMES, 5)
    assert ingest["started"].endswith("+00:00")


def test_runs_are_listed_with_durations_and_reasons(released: World) -> None:
    found = runs_of(released.aws.client, NAMES, 5)
    (execution,) = found["executions"]
    assert execution["status"] == "Succeeded" and execution["seconds"] > 0
    assert execution["dataset"] == released.versions("first")[0]
    (ingest,) = found["ingest"]
    assert (ingest["status"], ingest["drop"]) == ("SUCCEEDED", "first") and ingest["seconds"] is not None
    text = render.runs(found)
    assert execution["id"] in text and "Succeeded" in text and "first" in text


def test_steps_of_a_run_are_shown_on_the_command_line(released: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = loop(released, monkeypatch, "runs", "latest")
    assert all(name in shown for name in ("Validate", "Train", "Register", "Succeeded"))
    steps = {s["name"]: s for s in json.loads(loop(released, monkeypatch, "runs", "latest", "--json"))["steps"]}
    assert steps["Train"]["seconds"] > 0 and ":training-job/" in steps["Train"]["made"]


def test_a_run_is_found_by_the_start_of_its_id_or_named_as_unknown(released: World) -> None:
    id = find(released.aws.client, NAMES, "latest")["id"]
    assert find(released.aws.client, NAMES, id[:6])["id"] == id
    with pytest.raises(CliError, match=f"'nothing'; the newest are: {id}"):
        find(released.aws.client, NAMES, "nothing")


def test_logs_of_a_step_of_the_job_of_a_function_and_of_the_endpoint(released: World) -> None:
    client = released.aws.client
    training = read(client("logs"), source(client, NAMES, "train"))
    assert training and {e["group"] for e in training} == {"/aws/sagemaker/TrainingJobs"}
    assert len({e["logStreamName"].split("/")[0] for e in training}) == 1
    assert [e["timestamp"] for e in training] == sorted(e["timestamp"] for e in training)
    (run,) = ingest_runs(client, NAMES, 5)
    assert {e["logStreamName"] for e in read(client("logs"), source(client, NAMES, "ingest"))} == {run["id"]}
    approve = read(client("logs"), source(client, NAMES, "function/approve"))
    assert any('"service":"approve"' in e["message"].replace(" ", "") for e in approve)
    assert released.until(lambda: read(client("logs"), source(client, NAMES, "endpoint")))


def test_following_ends_when_the_step_has_and_says_each_line_once(released: World) -> None:
    client, slept = released.aws.client, []
    where = source(client, NAMES, "Evaluate")
    lines = list(follow(client("logs"), where, sleep=slept.append))
    assert [e["eventId"] for e in lines] == [e["eventId"] for e in read(client("logs"), where)]
    assert sum(slept) >= 8  # as long as CloudWatch may lag


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("Trian", ["Trian", "Train", "function/VERB"]),
        ("ReachesThreshold", ["runs no job"]),
        ("function/nothing", ["test-local-nothing", "approve", "release"]),
    ],
)
def test_what_does_not_log_is_named_with_what_does(released: World, what: str, words: list[str]) -> None:
    with pytest.raises(CliError) as refused:
        source(released.aws.client, NAMES, what)
    assert all(word in str(refused.value) for word in words)


def test_log_lines_are_json_on_demand(released: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = json.loads(loop(released, monkeypatch, "logs", "Validate", "--json").splitlines()[0])
    assert set(first) == {"time", "group", "stream", "message"}


def test_log_lines_of_the_last_minutes_only(released: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "time", SimpleNamespace(time=released.aws.clock.timestamp))  # a shell that lives in this world
    everything = loop(released, monkeypatch, "logs", "Validate").splitlines()
    assert loop(released, monkeypatch, "logs", "Validate", "--minutes", "60").splitlines() == everything != []
    assert loop(released, monkeypatch, "logs", "Validate", "--minutes", "0") == ""


def test_the_integration_tests_pass_on_what_is_deployed(released: World, assembly: Path) -> None:
    assert _integration(released, assembly) == 0


def _integration(world: World, assembly: Path) -> int:
    """`make integration`, as it is called after a deploy."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "deployed", "tests/deployed", "-p", "no:cacheprovider"]
    environment = os.environ | world.aws.environment() | {"LOOP_ENVIRONMENT": str(assembly.parent / "environment.toml")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-1000:])
    return done.returncode


def test_a_protected_environment_is_refused_before_anything_is_touched(released: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cloudformation = released.aws.client("cloudformation")
    cloudformation.update_termination_protection(StackName=NAMES.serving_stack, EnableTerminationProtection=True)
    released.aws.journal.clear()
    with pytest.raises(CliError, match=f"{NAMES.serving_stack}: nothing was touched"):
        loop(released, monkeypatch, "destroy", "--yes")
    assert not [e for e in released.aws.journal.entries(lambda _: True) if e.operation.startswith(("Delete", "Disable", "Stop", "Update"))]
    cloudformation.update_termination_protection(StackName=NAMES.serving_stack, EnableTerminationProtection=False)


def test_without_yes_it_asks(released: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CliError, match="confirm with --yes"):
        loop(released, monkeypatch, "destroy")
    assert len(stacks.existing(released.aws.client, NAMES)) == 3


def test_a_release_role_is_not_what_a_stack_is_deleted_with(released: World) -> None:
    """After a release the stack's role may only release; without the one that deployed nothing is deleted."""
    serving = stacks.described(released.aws.client, NAMES.serving_stack)
    assert serving and serving["RoleARN"].endswith("serving-deploy")
    with pytest.raises(CliError, match="--role-arn"):
        stacks.delete(released.aws.client, serving, None)


def test_after_destroy_nothing_is_left_in_any_service(released: World) -> None:
    aws = released.aws
    bootstrap_role(aws.client("iam"))
    leave(released)
    aws.client("cloudformation").delete_stack(StackName=NAMES.monitoring_stack)  # as an interrupted destroy leaves it
    aws.settle()
    assert all(_everything(aws)[what] for what in ("stacks", "models", "groups", "log groups", "training jobs", "scalable targets"))
    Destroy(aws.client, NAMES, Progress(as_json=True), sleep=lambda _: aws.settle()).run()
    aws.settle()
    assert {k: v for k, v in _everything(aws).items() if v} == {}
    Destroy(aws.client, NAMES, Progress(as_json=True), sleep=lambda _: aws.settle()).run()  # again: nothing to do
    deletions = [access for entry in aws.journal.calls("cloudformation", "DeleteStack") for access in entry.accesses]
    roles = {access.context.get("cloudformation:RoleArn") for access in deletions}
    assert "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1" in roles


def _everything(aws: LocalAws) -> dict[str, list[str]]:
    """What each service lists. The bootstrap's bucket and role are the account's, shared by every environment, and stay."""
    c = aws.client
    sagemaker = c("sagemaker")
    listed: dict[str, list[Any]] = {
        "stacks": c("cloudformation").describe_stacks()["Stacks"],
        "buckets": [b for b in c("s3").list_buckets()["Buckets"] if not b["Name"].startswith("cdk-")],
        "tables": c("dynamodb").list_tables()["TableNames"],
        "aliases": [a for a in c("kms").list_aliases()["Aliases"] if not a["AliasName"].startswith("alias/aws/")],
        "keys": [k for k in c("kms").list_keys()["Keys"] if _key_state(c("kms"), k["KeyId"]) != "PendingDeletion"],
        "functions": c("lambda").list_functions()["Functions"],
        "rules": c("events").list_rules()["Rules"],
        "schedules": c("scheduler").list_schedules()["Schedules"],
        "topics": c("sns").list_topics()["Topics"],
        "queues": c("sqs").list_queues().get("QueueUrls", []),
        "log groups": c("logs").describe_log_groups()["logGroups"],
        "alarms": c("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": c("cloudwatch").list_dashboards()["DashboardEntries"],
        "databases": c("glue").get_databases()["DatabaseList"],
        "security configurations": c("glue").get_security_configurations()["SecurityConfigurations"],
        "roles": [r for r in c("iam").list_roles()["Roles"] if not r["RoleName"].startswith("cdk-")],
        "parameters": c("ssm").describe_parameters()["Parameters"],
        "scalable targets": c("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"],
        "scaling policies": c("application-autoscaling").describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"],
        "models": sagemaker.list_models()["Models"],
        "configs": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "groups": sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"],
        "pipelines": sagemaker.list_pipelines()["PipelineSummaries"],
        "processing jobs": sagemaker.list_processing_jobs()["ProcessingJobSummaries"],
        "training jobs": sagemaker.list_training_jobs()["TrainingJobSummaries"],
    }
    return {what: [str(item) for item in items] for what, items in listed.items()}


def _key_state(kms: Any, key: str) -> str:
    return str(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])
