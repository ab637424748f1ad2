"""Every function dies before and after every AWS call that it makes, its event is delivered again, and the end is the same.

The processes are killed for real; the release function, whose flows are longer, has a file of its own (test_crash_points.py).
"""

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from deaths import Executioner
from policy_check import violations
from quick import start
from sampling import SHARE, tried
from situations import approve, ingest, monitor, retrain, sweep
from support import ENVIRONMENT, NAMES, World, build_assembly

from cli.proof import sign
from local_aws.aws import LocalAws
from local_aws.principals import ACCOUNT
from local_aws.sagemaker.processing import ProcessingJobs

# a death per call and side: minutes each, and more on a machine that does other things
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

OFTEN = """
[retrain]
cooldown_hours = 0
minimum_labels = 50
daily_cap = 1000
monthly_cap = 10000
monthly_budget = 100000.0

[monitoring]
engine = "processing"
"""
SHARES = {"sweep": 0.05}  # which reads every package, model and config, one like the other
SITUATIONS = {
    "ingest": (ingest.a_drop_was_finished, ingest.a_version_was_made, ingest.the_job_broke),
    "approve": (
        approve.a_good_package_waits,
        approve.a_bad_package_waits,
        approve.somebody_changed_the_status,
        approve.a_reminder_is_due,
        approve.a_package_expires,
    ),
    "monitor": (monitor.a_window_is_due, monitor.a_window_was_analysed, monitor.a_monitors_alarm_was_raised),
    "retrain": (
        retrain.drift_was_found,
        retrain.a_person_asks,
        retrain.the_rows_are_collected,
        retrain.collecting_failed,
        retrain.the_drop_became_a_version,
        retrain.the_pipeline_ended,
    ),
    "sweep": (sweep.something_is_left_behind,),
}
CASES = [(verb, make) for verb, makes in SITUATIONS.items() for make in makes]
IDS = [f"{verb}: {make.__name__}" for verb, make in CASES]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything deployed and a version in service; jobs end at once without a container, and nothing starts by itself."""
    with LocalAws() as aws, pytest.MonkeyPatch.context() as patch:
        world = World(aws, build_assembly(tmp_path_factory.mktemp("deaths"), ENVIRONMENT + OFTEN))
        world.still()
        patch.setattr(ProcessingJobs, "carry_out", lambda *_: None)
        start(world, patch, engine="processing")
        retrain.register_only(world)
        aws.advance(timedelta(days=2))
        yield world
        aws.settle()
        assert not aws.background.failures


@pytest.fixture(scope="module")
def executioner(world: World) -> Iterator[Executioner]:
    with pytest.MonkeyPatch.context() as patch:
        yield Executioner(world, patch)


def die(executioner: Executioner, verb: str, make: Any) -> int:
    """Die at the calls that are tried, as long as there are any; how often that was."""
    undisturbed = make(executioner.world)
    executioner.deliver(verb, undisturbed.event)
    wanted, calls, deaths = undisturbed.state(), executioner.calls, 0
    for call, when in ((call, when) for call in itertools.count(1) for when in ("before", "after")):
        if call <= calls and not tried(f"{verb} {make.__name__}", call, when, SHARES.get(verb, SHARE)):
            continue
        situation = make(executioner.world)
        if not executioner.deliver(verb, situation.event, (call, when)):
            return deaths
        deaths += 1
        assert situation.state() == wanted, f"{verb}: died {when} call {call}"
    raise AssertionError("it calls without end")


@pytest.mark.parametrize(("verb", "make"), CASES, ids=IDS)
def test_a_death_at_any_call_changes_nothing_about_the_end(executioner: Executioner, verb: str, make: Any) -> None:
    assert die(executioner, verb, make) >= 2


class Decision:
    """A reviewer's signed decision on a package that waits, sent as ``loop approve`` sends it."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        patch.setenv("AWS_ENDPOINT_URL", world.aws.url)
        arn = f"arn:aws:iam::{ACCOUNT}:role/ml-reviewer"
        if "ml-reviewer" not in {r["RoleName"] for r in world.aws.client("iam").list_roles()["Roles"]}:
            world.aws.client("iam").create_role(RoleName="ml-reviewer", AssumeRolePolicyDocument="{}")
        given = world.aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="ann")["Credentials"]
        self._session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="us-east-1")
        self._world, self.package = world, approve.waiting_package(world)

    def signed(self, decision: str = "approve") -> dict[str, Any]:
        url = self._session.client("sts").meta.endpoint_url
        proof = sign(self._session, url, self.package, decision, "it is good")
        return {"package": self.package, "decision": decision, "reason": "it is good", "proof": proof}

    def state(self) -> dict[str, Any]:
        found = self._world.aws.client("sagemaker").describe_model_package(ModelPackageName=self.package)
        items = self._world.aws.client("dynamodb").query(
            TableName=NAMES.decisions_table, KeyConditionExpression="package = :p", ExpressionAttributeValues={":p": {"S": self.package}}
        )["Items"]
        metadata = found.get("CustomerMetadataProperties", {})
        same_time = [metadata.get("decided_at") == item["recorded_at"]["S"] for item in items]
        return {"status": found["ModelApprovalStatus"], "by": metadata.get("decided_by"), "records": len(items), "at": same_time}


def test_a_decision_is_finished_by_the_same_proof_whenever_the_process_died(
    executioner: Executioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = Decision(executioner.world, monkeypatch)
    executioner.deliver("decide", undisturbed.signed())
    wanted = undisturbed.state()
    assert (wanted["status"], wanted["records"], wanted["at"]) == ("Approved", 1, [True])
    deaths = 0
    for call, when in itertools.product(range(1, 20), ("before", "after")):
        decision = Decision(executioner.world, monkeypatch)
        died = executioner.deliver("decide", decision.signed(), (call, when))
        deaths += died
        assert decision.state() == wanted, f"died {when} call {call}"
        if not died:
            break
    assert deaths >= 6


def test_a_proof_that_was_overheard_does_not_undo_a_later_decision(executioner: Executioner, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = Decision(executioner.world, monkeypatch)
    approval = decision.signed()
    executioner.deliver("decide", approval)
    sagemaker = executioner.world.aws.client("sagemaker")
    sagemaker.update_model_package(ModelPackageArn=decision.package, ModelApprovalStatus="Rejected", ApprovalDescription="it is bad")
    answer = executioner.world.aws.client("lambda").invoke(FunctionName=NAMES.function("decide"), Payload=json.dumps(approval))
    assert "the package was changed since" in json.loads(answer["Payload"].read())["refused"]
    assert decision.state()["status"] == "Rejected"


def test_every_call_of_the_functions_was_one_that_their_roles_allow(executioner: Executioner) -> None:
    assert [v for v in violations(executioner.world.aws) if not v.startswith("ml-reviewer")] == []  # who has no policies here
