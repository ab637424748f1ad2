"""The CDK CLI, unmodified, against a server: bootstrap, our stacks, updates, reviewed change sets, failures, removal."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Server
from tests.local_aws.stacks import BROKEN, parameter
from tests.local_aws.support import ROLE, zipped

pytestmark = pytest.mark.slow

ROLES = "arn:aws:iam::123456789012:role/cdk-hnb659fds-{}-123456789012-us-east-1"
CUSTOM = """
import json, urllib.request

def handler(event, context):
    body = {"Status": "SUCCESS", "PhysicalResourceId": "made", "Data": {"Said": event["ResourceProperties"]["Say"] + "!"},
            **{k: event[k] for k in ("StackId", "RequestId", "LogicalResourceId")}}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT"))
"""


@pytest.fixture(scope="module")
def bootstrapped(server: Server) -> Server:
    done = server.cdk("bootstrap", "aws://123456789012/us-east-1")
    assert done.returncode == 0, done.stderr
    return server


def small(folder: Path, resources: dict[str, Any], **sections: Any) -> Path:
    """A cloud assembly of one stack, as a synth would have written it."""
    folder.mkdir(exist_ok=True)
    (folder / "Small.template.json").write_text(json.dumps({"Resources": resources, **sections}))
    properties = {
        "templateFile": "Small.template.json",
        "stackName": "small",
        "assumeRoleArn": ROLES.format("deploy-role"),
        "cloudFormationExecutionRoleArn": ROLES.format("cfn-exec-role"),
    }
    stack = {"type": "aws:cloudformation:stack", "environment": "aws://123456789012/us-east-1", "properties": properties}
    (folder / "manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": {"Small": stack}}))
    return folder


def deploy(server: Server, app: Path, *extra: str) -> tuple[int, str]:
    done = server.cdk("deploy", "--app", app, "--all", "--require-approval", "never", "--ci", *extra)
    return done.returncode, done.stdout + done.stderr


def status(server: Server, stack: str) -> str:
    return str(server.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])


def test_our_stacks_deploy_change_nothing_the_second_time_and_go_away(bootstrapped: Server, assembly: Path) -> None:
    server = bootstrapped
    code, said = deploy(server, assembly)
    assert code == 0, said
    assert "CREATE_COMPLETE" in said  # events are shown as they come
    stacks = server.client("cloudformation").get_paginator("list_stacks").paginate(StackStatusFilter=["CREATE_COMPLETE"])
    ours = {s["StackName"] for page in stacks for s in page["StackSummaries"]}
    assert ours == {"CDKToolkit", "test-local-platform", "test-local-serving", "test-local-monitoring"}
    code, said = deploy(server, assembly)
    assert (code, said.count("(no changes)")) == (0, 3)
    done = server.cdk("destroy", "--app", assembly, "--all", "--force")
    assert done.returncode == 0, done.stderr
    left = {s["StackName"] for s in server.client("cloudformation").describe_stacks()["Stacks"]}
    assert left == {"CDKToolkit"}


def test_a_change_set_is_reviewed_before_it_is_executed(bootstrapped: Server, tmp_path: Path) -> None:
    server, cloudformation = bootstrapped, bootstrapped.client("cloudformation")
    server.client("iam").create_role(RoleName="tester", AssumeRolePolicyDocument="{}")
    function = server.client("lambda").create_function(
        FunctionName="custom", Role=ROLE, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": zipped({"app.py": CUSTOM})}
    )["FunctionArn"]
    thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": function, "Say": "hello"}}
    first = {"A": parameter("/small/a", "one"), "C": thing}
    outputs = {"Said": {"Value": {"Fn::GetAtt": ["C", "Said"]}}}
    code, said = deploy(server, small(tmp_path, first, Outputs=outputs))
    assert (code, "Small.Said = hello!" in said) == (0, True)

    second = small(tmp_path, {**first, "A": parameter("/small/a", "two")}, Outputs=outputs)
    shown = server.cdk("diff", "--app", second, "--ci")
    assert all(word in shown.stdout for word in ("[-] one", "[+] two")), shown.stdout
    code, said = deploy(server, second, "--no-execute", "--change-set-name", "reviewed")
    assert code == 0, said
    (change,) = cloudformation.describe_change_set(StackName="small", ChangeSetName="reviewed")["Changes"]
    assert (change["ResourceChange"]["Action"], change["ResourceChange"]["Replacement"]) == ("Modify", "False")
    value = lambda: server.client("ssm").get_parameter(Name="/small/a")["Parameter"]["Value"]  # noqa: E731
    assert value() == "one"
    cloudformation.execute_change_set(StackName="small", ChangeSetName="reviewed")
    cloudformation.get_waiter("stack_update_complete").wait(StackName="small", WaiterConfig={"Delay": 1})
    assert value() == "two"

    broken = small(tmp_path, {**first, "A": parameter("/small/a", "three"), "Z": {**BROKEN, "DependsOn": "A"}}, Outputs=outputs)
    code, said = deploy(server, broken)
    assert code == 1
    assert "Topic does not exist" in said or "NotFound" in said, said
    assert "UPDATE_ROLLBACK_" in said
    assert (status(server, "small"), value()) == ("UPDATE_ROLLBACK_COMPLETE", "two")
