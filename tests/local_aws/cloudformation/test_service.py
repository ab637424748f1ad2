"""The CloudFormation API: what is refused before anything is made, tokens, policies, parameters from SSM."""

import json
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.aws import LocalAws
from local_aws.cloudformation.service import CloudFormation
from local_aws.cloudformation.stack import Stack
from tests.local_aws.stacks import (
    calls,
    create,
    delete,
    described,
    happened,
    outputs,
    parameter,
    physical,
    reason,
    settled,
    template,
    topic,
    update,
    value,
)
from tests.local_aws.support import put, refusal, until

ROLE = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "made", "AssumeRolePolicyDocument": {}}}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"Type": "AWS::EC2::VPC"}, "AWS::EC2::VPC"),
        ({"Type": "AWS::S3::Bukkit"}, "AWS::S3::Bukkit"),
        (parameter("/n/b", Properties={"Type": "String", "Value": "v", "Colour": 1}), "/Colour is not a property"),
        (
            {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"State": "on"}}},
            "/VersioningConfiguration/State is not a property",
        ),
        (
            {"Type": "AWS::S3::Bucket", "Properties": {"CorsConfiguration": {"CorsRules": []}}},
            "the property CorsConfiguration of AWS::S3::Bucket",
        ),
        (parameter("/n/b", {"Fn::Cidr": ["10.0.0.0/8", 1, 1]}), "Fn::Cidr"),
    ],
)
def test_what_is_not_known_is_refused_before_anything_is_made(aws: LocalAws, bad: dict[str, Any], words: str) -> None:
    aws.journal.clear()
    _, message = refusal(lambda: create(aws, "never", {"A": parameter("/n/a"), "B": bad}))
    assert words in message
    assert calls(aws) == []
    assert refusal(lambda: described(aws, "never")) == ("ValidationError", "Stack with id never does not exist")


def test_an_update_with_something_unknown_leaves_the_stack_alone(aws: LocalAws) -> None:
    create(aws, "firm", {"A": parameter("/firm/a")})
    refusal(lambda: update(aws, "firm", {"A": parameter("/firm/a", "new"), "B": {"Type": "AWS::EC2::VPC"}}))
    assert described(aws, "firm")["StackStatus"] == "CREATE_COMPLETE"
    assert value(aws, "/firm/a") == "v"


def test_the_same_again_is_no_update(aws: LocalAws) -> None:
    create(aws, "same", {"A": parameter("/same/a")})
    assert refusal(lambda: update(aws, "same", {"A": parameter("/same/a")})) == ("ValidationError", "No updates are to be performed.")


def test_a_token_serves_one_operation(aws: LocalAws) -> None:
    create(aws, "token", {"A": parameter("/t/a")}, ClientRequestToken="one")
    update(aws, "token", {"A": parameter("/t/a", "b")}, ClientRequestToken="two")
    for used in ("one", "two"):
        code, message = refusal(lambda token=used: update(aws, "token", {"A": parameter("/t/a", "c")}, ClientRequestToken=token))
        assert code == "TokenAlreadyExistsException"
        assert used in message
    assert value(aws, "/t/a") == "b"


@pytest.mark.parametrize(
    ("denied", "resources"),
    [("Update:Replace", {"T": topic("p-new"), "P": parameter("/p/p")}), ("Update:Delete", {"P": parameter("/p/p", "changed")})],
)
def test_a_stack_policy_denies_replacing_and_deleting(aws: LocalAws, denied: str, resources: dict[str, Any]) -> None:
    name = f"policy-{denied[-6:].lower()}"
    deny = {"Effect": "Deny", "Principal": "*", "Action": denied, "Resource": "LogicalResourceId/T"}
    allow = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
    create(aws, name, {"T": topic(name), "P": parameter("/p/p")}, StackPolicyBody=json.dumps({"Statement": [allow, deny]}))
    ids = physical(aws, name)
    assert update(aws, name, resources) == "UPDATE_ROLLBACK_COMPLETE"
    assert physical(aws, name) == ids
    assert value(aws, "/p/p") == "v"
    body = json.loads(aws.client("cloudformation").get_stack_policy(StackName=name)["StackPolicyBody"])
    assert body["Statement"][1]["Action"] == denied
    aws.client("cloudformation").set_stack_policy(StackName=name, StackPolicyBody=json.dumps({"Statement": [allow]}))
    assert update(aws, name, resources) == "UPDATE_COMPLETE"
    delete(aws, name)


def test_a_template_is_read_from_s3_in_either_style(aws: LocalAws) -> None:
    put(aws, "t 1.json", template({"A": parameter("/url/a")}))
    client = aws.client("cloudformation")
    client.create_stack(StackName="url", TemplateURL="https://data.s3.us-east-1.amazonaws.com/t%201.json")
    assert settled(aws, "url") == "CREATE_COMPLETE"
    put(aws, "t2.json", template({"A": parameter("/url/a", "new")}))
    client.update_stack(StackName="url", TemplateURL="https://s3.amazonaws.com/data/t2.json")
    assert settled(aws, "url") == "UPDATE_COMPLETE"
    assert "S3 error" in refusal(lambda: client.create_stack(StackName="no", TemplateURL="https://s3.amazonaws.com/data/none.json"))[1]
    assert refusal(lambda: client.create_stack(StackName="no"))[0] == "ValidationError"


def test_roles_need_a_capability_and_protected_stacks_stay(aws: LocalAws) -> None:
    code, message = refusal(lambda: create(aws, "protected", {"R": ROLE}, Capabilities=["CAPABILITY_IAM"]))
    assert (code, message) == ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
    create(aws, "protected", {"R": ROLE}, Capabilities=["CAPABILITY_NAMED_IAM"], EnableTerminationProtection=True)
    client = aws.client("cloudformation")
    assert "TerminationProtection is enabled" in refusal(lambda: client.delete_stack(StackName="protected"))[1]
    assert described(aws, "protected")["StackStatus"] == "CREATE_COMPLETE"
    client.update_termination_protection(StackName="protected", EnableTerminationProtection=False)
    assert delete(aws, "protected") == "DELETE_COMPLETE"


def test_an_ssm_parameter_is_looked_up_at_every_operation(aws: LocalAws) -> None:
    ssm, client = aws.client("ssm"), aws.client("cloudformation")
    ssm.put_parameter(Name="/version", Value="21", Type="String")
    sections = {
        "Parameters": {"V": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/absent"}},
        "Outputs": {"V": {"Value": {"Ref": "V"}}},
    }
    resources = {"A": parameter("/looked/up", {"Ref": "V"})}
    assert "Unable to fetch parameters [/absent]" in refusal(lambda: create(aws, "ssm", resources, **sections))[1]
    create(aws, "ssm", resources, given={"V": "/version"}, **sections)
    assert outputs(aws, "ssm") == {"V": "21"}
    assert described(aws, "ssm")["Parameters"] == [{"ParameterKey": "V", "ParameterValue": "/version", "ResolvedValue": "21"}]
    again = lambda: client.update_stack(  # noqa: E731
        StackName="ssm", UsePreviousTemplate=True, Parameters=[{"ParameterKey": "V", "UsePreviousValue": True}]
    )
    assert "No updates" in refusal(again)[1]
    ssm.put_parameter(Name="/version", Value="22", Type="String", Overwrite=True)
    again()
    assert settled(aws, "ssm") == "UPDATE_COMPLETE"
    assert value(aws, "/looked/up") == "22"


def test_a_parameter_keeps_its_previous_value_only_when_asked(aws: LocalAws) -> None:
    sections = {"Parameters": {"V": {"Type": "String", "Default": "d"}}}
    create(aws, "prev", {"A": parameter("/prev/a", {"Ref": "V"})}, given={"V": "given"}, **sections)
    kept = [{"ParameterKey": "V", "UsePreviousValue": True}]
    body = template({"A": parameter("/prev/a", {"Fn::Join": ["", ["x-", {"Ref": "V"}]]})}, **sections)
    aws.client("cloudformation").update_stack(StackName="prev", TemplateBody=body, Parameters=kept)
    settled(aws, "prev")
    assert value(aws, "/prev/a") == "x-given"
    aws.client("cloudformation").update_stack(StackName="prev", UsePreviousTemplate=True)
    settled(aws, "prev")
    assert value(aws, "/prev/a") == "x-d"


@pytest.mark.parametrize(
    "extra",
    [{"RollbackConfiguration": {"RollbackTriggers": [{"Arn": "a", "Type": "t"}]}}, {"StackPolicyURL": "u"}],
)
def test_what_is_not_emulated_is_refused(aws: LocalAws, extra: dict[str, Any]) -> None:
    code, message = refusal(lambda: create(aws, "no", {"A": parameter("/no/a")}, **extra))
    assert code == "LocalAwsUnsupported"
    assert next(iter(extra)) in message
    assert "cloudformation:CreateStackSet" in refusal(lambda: aws.client("cloudformation").create_stack_set(StackSetName="no"))[1]


def test_names_are_unique_and_deleted_stacks_are_found_by_id(aws: LocalAws) -> None:
    create(aws, "name", {"A": parameter("/name/a")})
    assert refusal(lambda: create(aws, "name", {"A": parameter("/name/b")}))[0] == "AlreadyExistsException"
    id = described(aws, "name")["StackId"]
    delete(aws, "name")
    assert "does not exist" in refusal(lambda: described(aws, "name"))[1]
    assert described(aws, id)["StackStatus"] == "DELETE_COMPLETE"
    aws.client("cloudformation").delete_stack(StackName="name")  # deleting what is not there succeeds
    listed = aws.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert id in [s["StackId"] for s in listed]


def test_a_rolled_back_stack_is_not_updated(aws: LocalAws) -> None:
    bad = {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:no", "Protocol": "email", "Endpoint": "e"},
    }
    assert create(aws, "dead", {"A": bad}) == "ROLLBACK_COMPLETE"
    assert "Topic does not exist" in reason(aws, "dead")
    assert "is in ROLLBACK_COMPLETE state and can not be updated" in refusal(lambda: update(aws, "dead", {"A": parameter("/dead/a")}))[1]


def test_a_name_is_free_as_soon_as_its_stack_is_deleted(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the threads of its operations have yet to do: none of them reaches into the next stack of that name."""
    again, made = threading.Event(), []
    carried_out = aws.stacks.create

    def lingers(*given: Any, **options: Any) -> None:
        carried_out(*given, **options)
        made.append(given)
        if len(made) == 1:
            again.wait(30)

    monkeypatch.setattr(aws.stacks, "create", lingers)
    tell = aws.stacks.history.status

    def told(stack: Stack, status: str, reason: str = "") -> None:
        tell(stack, status, reason)
        if status == "DELETE_COMPLETE":
            aws.client("cloudformation").create_stack(StackName="reborn", TemplateBody=template({"B": parameter("/reborn/b")}))

    monkeypatch.setattr(aws.stacks.history, "status", told)
    create(aws, "reborn", {"A": parameter("/reborn/a")})
    delete(aws, "reborn")
    assert settled(aws, "reborn") == "CREATE_COMPLETE"
    again.set()
    aws.background.wait_idle()
    assert list(physical(aws, "reborn")) == ["B"]
    assert not aws.background.failures
    monkeypatch.undo()
    delete(aws, "reborn")


def test_of_two_deletions_at_once_one_is_carried_out(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    create(aws, "twice", {"A": parameter("/twice/a")})
    id = described(aws, "twice")["StackId"]
    monkeypatch.setattr(CloudFormation, "_retained", staticmethod(lambda stack, params: time.sleep(0.1) or []))

    def deletes() -> None:
        with suppress(ClientError):  # the one that finds the other under way
            aws.client("cloudformation").delete_stack(StackName=id)

    racing = [threading.Thread(target=deletes) for _ in range(2)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    assert settled(aws, id) == "DELETE_COMPLETE"
    assert happened(aws, id, "DELETE_IN_PROGRESS").count(("twice", "DELETE_IN_PROGRESS")) == 1


def test_the_end_of_one_operation_is_not_taken_for_that_of_the_next(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    create(aws, "ends", {"A": parameter("/ends/a")})
    tell, deleted = aws.stacks.history.status, []

    def told(stack: Stack, status: str, reason: str = "") -> None:
        if status == "UPDATE_COMPLETE":
            tell(stack, status, reason)  # from here on the stack can be deleted
            racing = threading.Thread(target=lambda: deleted.append(aws.client("cloudformation").delete_stack(StackName="ends")))
            racing.start()
            racing.join(0.5)
        elif status == "DELETE_COMPLETE":
            time.sleep(1)
            assert not deleted  # it was answered although the deletion goes on
            tell(stack, status, reason)
        else:
            tell(stack, status, reason)

    monkeypatch.setattr(aws.stacks.history, "status", told)
    id = described(aws, "ends")["StackId"]
    aws.client("cloudformation").update_stack(StackName="ends", TemplateBody=template({"A": parameter("/ends/a", "new")}))
    until(lambda: described(aws, id)["StackStatus"] == "DELETE_COMPLETE")
    until(lambda: deleted)
    aws.background.wait_idle()
    assert not aws.background.failures
