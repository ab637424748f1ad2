"""`loop verify` on the local AWS: nothing differs from the claims, what is planted is printed, and nothing of the run stays."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from policy_check import _statements
from support import NAMES, World

from cli.errors import CliError
from cli.progress import Progress
from cli.verify import run
from cli.verify.run import CLAIMS, Verification, claims, verify
from local_aws.events.service import Events
from local_aws.sagemaker import capture

pytestmark = pytest.mark.slow
GOLDEN = os.environ.get("UPDATE_GOLDEN") == "1"
PLACES = (
    ("123456789012", "{account}"),
    ("us-east-1", "{region}"),
    (NAMES.glue_database, "{database}"),
    (NAMES.prefix, "{prefix}"),
    ("arn:aws:", "arn:{partition}:"),
)


def carried_out(world: World) -> Verification:
    return verify(world.aws.client, NAMES, Progress(as_json=True), minutes=5, poll_s=0.1, late_s=1.0)


@pytest.fixture(scope="module")
def verified(world: World) -> Verification:
    """A verification on a deployment that was never touched."""
    world.aws.journal.clear()
    done = carried_out(world)
    if GOLDEN:
        _write({**done.seen, "permissions": _permissions(world)})
        seen = {**done.seen, "permissions": {}}  # judged by the claims that are written now, when this runs again
        done = Verification(seen, run.differences(claims(), seen), done.stopped)
    return done


def test_the_local_aws_does_what_it_claims(verified: Verification) -> None:
    assert not verified.stopped
    assert [str(d) for d in verified.differences] == []
    assert len(verified.seen["events"]) >= 9 and len(verified.seen["formats"]) >= 10


def test_the_claimed_permissions_are_those_that_a_run_needs(verified: Verification, world: World) -> None:
    claimed = {(c["role"], c["action"]) for c in claims()["permissions"]}
    needed = {(c["role"], c["action"]) for c in _permissions(world)}
    assert needed <= claimed, f"not claimed: {sorted(needed - claimed)}; run: make golden"


def test_a_verification_leaves_the_environment_as_it_found_it(verified: Verification, world: World) -> None:
    aws = world.aws
    aws.settle()
    assert world.stack(NAMES.serving_stack)["ModelPackageArn"] == world.stack(NAMES.monitoring_stack)["ModelPackageArn"] == ""
    assert not world.packages()
    assert not aws.client("sagemaker").list_endpoints()["Endpoints"]
    assert not [q for q in aws.client("sqs").list_queues().get("QueueUrls", []) if "-verify-" in q]
    assert not [r for r in aws.client("events").list_rules()["Rules"] if "-verify-" in r["Name"]]
    for bucket in world.buckets.values():
        assert not aws.client("s3").list_object_versions(Bucket=bucket).get("Versions")
    before = len(aws.journal.calls("cloudformation", "UpdateStack"))
    aws.client("lambda").invoke(FunctionName=NAMES.function("release"), Payload=json.dumps({"detail-type": "Reconcile"}))
    aws.settle()
    assert len(aws.journal.calls("cloudformation", "UpdateStack")) == before  # the withdrawn release does not come back


def test_planted_differences_are_all_printed(verified: Verification, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another state name, an event that is not sent, another capture layout, a permission that is missing."""
    with _planted(world, monkeypatch):
        done = carried_out(world)
    lines = [str(d) for d in done.differences]
    assert not done.stopped
    for pattern in (
        r"state +aws\.sagemaker · SageMaker Endpoint State Change · EndpointStatus: .*IN_SERVICE.*seen: .*InService",
        r"event +aws\.glue · Glue Job State Change: .*seen: no such event",
        r"format +capture file: .*\{hour\}.*seen: .*hour=",
        r"permission +test-local-approve · sagemaker:UpdateModelPackage on .*claims allowed; seen: implicitDeny",
    ):
        assert any(re.search(pattern, line) for line in lines), (pattern, lines)


def test_where_something_is_released_nothing_is_touched(verified: Verification, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    described = world.aws.client("cloudformation").describe_stacks(StackName=NAMES.serving_stack)
    described["Stacks"][0]["Parameters"][0]["ParameterValue"] = "arn:some-package"
    client = world.aws.client("cloudformation")
    monkeypatch.setattr(client, "describe_stacks", lambda **_: described)
    world.aws.journal.clear()
    with pytest.raises(CliError, match="serves arn:some-package"):
        carried_out(world)
    assert not world.aws.journal.entries()


@contextmanager
def _planted(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    emit, key = Events.emit, capture.file_key
    iam = world.aws.client("iam")

    def other_events(self: Events, source: str, detail_type: str, detail: dict[str, Any], *rest: Any) -> Any:
        if source == "aws.glue":
            return None
        if detail_type == "SageMaker Endpoint State Change":
            detail = {**detail, "EndpointStatus": "InService"}
        return emit(self, source, detail_type, detail, *rest)

    def other_layout(*arguments: Any) -> str:
        return re.sub(r"/(\d{4}/\d\d/\d\d/\d\d)/", r"/hour=\1/", key(*arguments))

    role = f"{NAMES.prefix}-approve"
    policy = {"Version": "2012-10-17", "Statement": _statements(iam, role)}
    kept = [s for s in policy["Statement"] if "sagemaker:UpdateModelPackage" not in s["Action"]]
    monkeypatch.setattr(Events, "emit", other_events)
    monkeypatch.setattr(capture, "file_key", other_layout)
    iam.put_role_policy(RoleName=role, PolicyName="least-privilege", PolicyDocument=json.dumps({**policy, "Statement": kept}))
    yield
    iam.put_role_policy(RoleName=role, PolicyName="least-privilege", PolicyDocument=json.dumps(policy))


def _permissions(world: World) -> list[dict[str, Any]]:
    """What each role did in a run, with what differs from run to run replaced; assets are named after their content and left out."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for entry in world.aws.journal.entries(lambda e: e.role is not None and e.role.startswith(NAMES.prefix) and not e.error):
        for access in entry.accesses:
            context = {k: _general(v) for k, v in access.context.items() if k != "s3:prefix"}
            key = (str(entry.role).removeprefix(f"{NAMES.prefix}-"), access.action, json.dumps(context, sort_keys=True))
            found.setdefault(key, set()).update(_general(r) for r in access.resources if "cdk-hnb659fds-assets" not in r and r != "*")
    for (role, action, context), resources in list(found.items()):
        if action == "logs:PutLogEvents":  # of a function that is busy another environment starts, with a stream of its own; or none does
            found.setdefault((role, "logs:CreateLogStream", context), set()).update(resources)
    return [
        {"role": role, "action": action, "resources": sorted(resources), **({"context": json.loads(context)} if context != "{}" else {})}
        for (role, action, context), resources in sorted(found.items())
        if resources
    ]


def _general(text: str) -> str:
    for value, name in PLACES:
        text = text.replace(value, name)
    text = re.sub(r"(:(?:processing|training)-job/pipelines-).*", r"\1run", text)
    text = re.sub(r"(:log-stream:).*", r"\1run", text)
    text = re.sub(r"(:(?:model|endpoint-config)/.*-)\d+$", r"\g<1>1", text)
    text = re.sub(r"(:model-package/.*/)\d+$", r"\g<1>1", text)
    text = re.sub(r"(/runs/)[^/]+/", r"\1run/", text)
    text = re.sub(r"(/evidence/)\d+/[0-9a-f]+", r"\g<1>1/run", text)
    text = re.sub(r"(/capture/.*/)\d{4}/.*(\.jsonl)$", r"\1run\2", text)
    text = re.sub(r"/pipelines-[^/]+/", "/pipelines-run/", text)
    text = re.sub(r"(/drops/)verify-[0-9a-f]+/", r"\1run/", text)
    return re.sub(r"(/manifests/|/curated/dataset_version=)v[0-9a-f]+", r"\1run", text)


def _write(seen: dict[str, Any]) -> None:
    for name in ("events", "states", "formats", "permissions"):
        (CLAIMS / f"{name}.json").write_text(json.dumps(seen[name], indent=1, sort_keys=True, ensure_ascii=False) + "\n")
