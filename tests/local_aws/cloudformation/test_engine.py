"""Stacks over their life: created in order, updated by difference, replaced, rolled back, deleted in reverse."""

from local_aws.aws import LocalAws
from tests.local_aws.stacks import (
    BROKEN,
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
from tests.local_aws.support import emitted

ROLE_ARN = "arn:aws:iam::123456789012:role/tester"


def topics(aws: LocalAws) -> set[str]:
    return {t["TopicArn"].rsplit(":", 1)[-1] for t in aws.client("sns").list_topics()["Topics"]}


def test_resources_are_made_in_order_and_outputs_filled(aws: LocalAws) -> None:
    chain = {
        "A": parameter("/o/a", {"Fn::Join": ["-", ["made", {"Ref": "B"}]]}),
        "B": topic("o-topic", DependsOn="Z"),
        "Z": parameter("/o/z"),
        "Skipped": parameter("/o/s", Condition="Never"),
    }
    status = create(
        aws,
        "order",
        chain,
        Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
        Outputs={
            "Topic": {"Value": {"Fn::GetAtt": ["B", "TopicName"]}, "Description": "its name"},
            "Hidden": {"Value": {"Ref": "Skipped"}, "Condition": "Never"},
        },
    )
    assert status == "CREATE_COMPLETE"
    assert [name for name, _ in happened(aws, "order", "CREATE_COMPLETE")] == ["Z", "B", "A", "order"]
    assert value(aws, "/o/a") == "made-arn:aws:sns:us-east-1:123456789012:o-topic"
    assert value(aws, "/o/s") is None
    assert outputs(aws, "order") == {"Topic": "o-topic"}


def test_an_update_touches_only_what_has_changed(aws: LocalAws) -> None:
    create(aws, "diff", {"Same": parameter("/d/same"), "Changed": parameter("/d/changed"), "Gone": parameter("/d/gone"), "T": topic("d")})
    aws.journal.clear()
    assert (
        update(
            aws,
            "diff",
            {"Same": parameter("/d/same"), "Changed": parameter("/d/changed", "new"), "T": topic("d"), "Extra": parameter("/d/extra")},
        )
        == "UPDATE_COMPLETE"
    )
    assert (value(aws, "/d/changed"), value(aws, "/d/extra"), value(aws, "/d/gone")) == ("new", "v", None)
    assert calls(aws) == ["PutParameter", "PutParameter", "DeleteParameter"]
    assert calls(aws, "sns") == []
    assert set(physical(aws, "diff")) == {"Same", "Changed", "T", "Extra"}


def test_a_create_only_property_means_a_new_resource_and_the_old_goes_last(aws: LocalAws) -> None:
    create(aws, "replace", {"T": topic("r-old"), "P": parameter("/r/p", {"Ref": "T"})})
    aws.journal.clear()
    update(aws, "replace", {"T": topic("r-new"), "P": parameter("/r/p", {"Ref": "T"})})
    assert topics(aws) & {"r-old", "r-new"} == {"r-new"}
    assert value(aws, "/r/p") == "arn:aws:sns:us-east-1:123456789012:r-new"
    order = aws.journal.entries(lambda e: e.operation in ("CreateTopic", "PutParameter", "DeleteTopic"))
    assert [e.operation for e in order] == ["CreateTopic", "PutParameter", "DeleteTopic"]


def test_a_replaced_resource_stays_when_its_policy_says_so(aws: LocalAws) -> None:
    create(aws, "keep", {"T": topic("k-old", UpdateReplacePolicy="Retain")})
    update(aws, "keep", {"T": topic("k-new", UpdateReplacePolicy="Retain")})
    assert {"k-old", "k-new"} <= topics(aws)
    delete(aws, "keep")
    assert topics(aws) & {"k-old", "k-new"} == {"k-old"}


def test_a_failed_create_is_taken_back(aws: LocalAws) -> None:
    status = create(aws, "failed", {"A": parameter("/f/a"), "T": topic("f", DependsOn="A"), "X": {**BROKEN, "DependsOn": "T"}})
    assert status == "ROLLBACK_COMPLETE"
    assert "Topic does not exist" in reason(aws, "failed")
    assert value(aws, "/f/a") is None
    assert "f" not in topics(aws)
    assert [name for name, _ in happened(aws, "failed", "DELETE_COMPLETE")] == ["T", "A"]
    assert physical(aws, "failed") == {}


def test_a_create_without_rollback_leaves_what_there_is(aws: LocalAws) -> None:
    assert create(aws, "left", {"A": parameter("/l/a"), "X": {**BROKEN, "DependsOn": "A"}}, DisableRollback=True) == "CREATE_FAILED"
    assert value(aws, "/l/a") == "v"
    assert delete(aws, "left") == "DELETE_COMPLETE"
    assert value(aws, "/l/a") is None


def test_a_failed_update_restores_everything(aws: LocalAws) -> None:
    before = {"Changed": parameter("/u/changed", "old"), "Gone": parameter("/u/gone"), "T": topic("u-old"), "Kept": parameter("/u/kept")}
    create(aws, "undo", before, Parameters={"P": {"Type": "String"}}, given={"P": "1"}, Outputs={"O": {"Value": "first"}})
    ids = physical(aws, "undo")
    after = {
        "Changed": parameter("/u/changed", "new"),
        "T": topic("u-new"),
        "Kept": parameter("/u/kept", DeletionPolicy="Retain"),
        "Extra": parameter("/u/extra"),
        "X": {**BROKEN, "DependsOn": ["Changed", "T", "Extra"]},
    }
    assert update(aws, "undo", after, Parameters={"P": {"Type": "String"}}, given={"P": "2"}) == "UPDATE_ROLLBACK_COMPLETE"
    assert (value(aws, "/u/changed"), value(aws, "/u/gone"), value(aws, "/u/extra")) == ("old", "v", None)
    assert topics(aws) & {"u-old", "u-new"} == {"u-old"}
    assert physical(aws, "undo") == ids
    stack = described(aws, "undo")
    assert stack["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "1"}]
    assert outputs(aws, "undo") == {"O": "first"}
    delete(aws, "undo")
    assert value(aws, "/u/kept") is None  # the refused template's Retain is gone too


def test_a_rollback_that_cannot_be_carried_out_is_told(aws: LocalAws) -> None:
    create(
        aws,
        "stuck",
        {
            "T": topic("s-topic"),
            "S": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "T"}], "PolicyDocument": {"v": 1}}},
        },
    )
    aws.client("sns").delete_topic(TopicArn="arn:aws:sns:us-east-1:123456789012:s-topic")
    changed = {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "T"}], "PolicyDocument": {"v": 2}}}
    assert update(aws, "stuck", {"T": topic("s-topic"), "S": changed}) == "UPDATE_ROLLBACK_FAILED"
    statuses = [s for name, s in happened(aws, "stuck") if name == "S"]
    assert statuses[-1] == "UPDATE_FAILED"


def test_an_output_that_cannot_be_computed_fails_the_stack(aws: LocalAws) -> None:
    status = create(aws, "bad-output", {"A": parameter("/b/a")}, Outputs={"O": {"Value": {"Fn::GetAtt": ["A", "Colour"]}}})
    assert status == "ROLLBACK_COMPLETE"
    assert value(aws, "/b/a") is None


def test_a_value_that_cannot_be_computed_fails_its_resource(aws: LocalAws) -> None:
    status = create(aws, "bad-value", {"A": parameter("/b/b", {"Fn::Select": ["x", ["a"]]})})
    assert status == "ROLLBACK_COMPLETE"


def test_deletion_goes_in_reverse_and_keeps_what_is_retained(aws: LocalAws) -> None:
    create(
        aws,
        "bye",
        {"A": parameter("/x/a"), "B": parameter("/x/b", {"Ref": "A"}, DeletionPolicy="Retain"), "C": parameter("/x/c", {"Ref": "B"})},
    )
    id = described(aws, "bye")["StackId"]
    assert delete(aws, "bye") == "DELETE_COMPLETE"
    ends = [(n, s) for n, s in happened(aws, id) if s in ("DELETE_COMPLETE", "DELETE_SKIPPED")]
    assert ends == [("C", "DELETE_COMPLETE"), ("B", "DELETE_SKIPPED"), ("A", "DELETE_COMPLETE"), ("bye", "DELETE_COMPLETE")]
    assert (value(aws, "/x/a"), value(aws, "/x/b")) == (None, "/x/a")


def test_a_resource_that_cannot_be_deleted_fails_the_deletion_which_can_be_repeated(aws: LocalAws) -> None:
    create(aws, "full", {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-bucket"}}})
    aws.client("s3").put_object(Bucket="full-bucket", Key="x", Body=b"")
    assert delete(aws, "full") == "DELETE_FAILED"
    assert reason(aws, "full") == "The bucket you tried to delete is not empty: full-bucket"
    aws.client("s3").delete_object(Bucket="full-bucket", Key="x")
    assert delete(aws, "full") == "DELETE_COMPLETE"


def test_a_retained_resource_that_leaves_the_template_stays(aws: LocalAws) -> None:
    create(aws, "leave", {"A": parameter("/lv/a", DeletionPolicy="Retain"), "B": parameter("/lv/b")})
    update(aws, "leave", {"B": parameter("/lv/b")})
    assert value(aws, "/lv/a") == "v"


def test_changes_of_stacks_and_resources_are_on_the_bus(aws: LocalAws) -> None:
    aws.client("cloudformation").create_stack(
        StackName="bus", TemplateBody=template({"A": parameter("/bus/a")}), ClientRequestToken="token-1"
    )
    settled(aws, "bus")
    id = described(aws, "bus")["StackId"]
    stack = emitted(aws, "CloudFormation Stack Status Change", **{"stack-id": id})
    assert [e["status-details"]["status"] for e in stack] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert {e["client-request-token"] for e in stack} == {"token-1"}
    resource = emitted(aws, "CloudFormation Resource Status Change", **{"stack-id": id})
    assert [(e["logical-resource-id"], e["status-details"]["status"]) for e in resource] == [
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_COMPLETE"),
    ]
    assert resource[-1]["physical-resource-id"] == "/bus/a"
    assert resource[-1]["resource-type"] == "AWS::SSM::Parameter"


def test_the_service_role_makes_the_calls_and_stays_with_the_stack(aws: LocalAws) -> None:
    aws.journal.clear()
    create(aws, "roled", {"A": parameter("/role/a")}, RoleARN=ROLE_ARN)
    update(aws, "roled", {"A": parameter("/role/a", "new")})
    entries = aws.journal.calls("ssm", "PutParameter")
    assert [e.principal for e in entries] == ["arn:aws:sts::123456789012:assumed-role/tester/AWSCloudFormation"] * 2
    (made,) = aws.journal.calls("cloudformation", "CreateStack")
    passed = [a for a in made.accesses if a.action == "iam:PassRole"]
    assert [(a.resources, a.context) for a in passed] == [((ROLE_ARN,), {"iam:PassedToService": "cloudformation.amazonaws.com"})]
    assert described(aws, "roled")["RoleARN"] == ROLE_ARN
