"""Custom resources: the function really runs, and what it answers at the URL is what the stack gets."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.stacks import create, delete, happened, outputs, physical, reason, settled, template, update
from tests.local_aws.support import function, queue, sent, until

ANSWERING = """
import json, urllib.request, boto3

def handler(event, context):
    given = event["ResourceProperties"]
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
    if given.get("Silent"):
        return
    status = "FAILED" if given.get("Fail") == event["RequestType"] else "SUCCESS"
    body = {{"Status": status, "Reason": "as told", "PhysicalResourceId": given.get("Id", event.get("PhysicalResourceId", "id-1")),
            "StackId": event["StackId"], "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"],
            "Data": {{"Said": "re: " + given.get("Say", "")}}}}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request)
"""


@pytest.fixture(scope="module")
def asked(aws: LocalAws) -> Iterator[tuple[str, str]]:
    """(function ARN, queue URL): the queue holds the events that the function was invoked with."""
    url, _ = queue(aws, "asked")
    yield function(aws, "custom", ANSWERING.format(url=url), Timeout=20), url


def custom(arn: str, kind: str = "Custom::Thing", **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": {"ServiceToken": arn, **properties}}


def events(aws: LocalAws, url: str) -> list[dict[str, Any]]:
    import json

    return [json.loads(m["Body"]) for m in sent(aws, url)]


def test_it_is_created_updated_replaced_and_deleted_by_its_function(aws: LocalAws, asked: tuple[str, str]) -> None:
    arn, url = asked
    said = {"O": {"Value": {"Fn::GetAtt": ["C", "Said"]}}}
    assert create(aws, "own", {"C": custom(arn, Say="a", Count=3, On=True)}, Outputs=said) == "CREATE_COMPLETE"
    (event,) = events(aws, url)
    assert (event["RequestType"], event["ResourceType"], event["LogicalResourceId"]) == ("Create", "Custom::Thing", "C")
    assert event["ResourceProperties"] == {"ServiceToken": arn, "Say": "a", "Count": "3", "On": "true"}
    assert (outputs(aws, "own"), physical(aws, "own")) == ({"O": "re: a"}, {"C": "id-1"})
    assert update(aws, "own", {"C": custom(arn, Say="b")}, Outputs=said) == "UPDATE_COMPLETE"
    (event,) = events(aws, url)
    assert (event["RequestType"], event["PhysicalResourceId"], event["OldResourceProperties"]["Say"]) == ("Update", "id-1", "a")
    assert update(aws, "own", {"C": custom(arn, Say="b", Id="id-2")}, Outputs=said) == "UPDATE_COMPLETE"
    assert [(e["RequestType"], e["PhysicalResourceId"]) for e in events(aws, url)] == [("Update", "id-1"), ("Delete", "id-1")]
    assert delete(aws, "own") == "DELETE_COMPLETE"
    assert [(e["RequestType"], e["PhysicalResourceId"]) for e in events(aws, url)] == [("Delete", "id-2")]


def test_its_failure_is_the_stacks_with_the_functions_reason(aws: LocalAws, asked: tuple[str, str]) -> None:
    arn, url = asked
    assert create(aws, "bad", {"C": custom(arn, "AWS::CloudFormation::CustomResource", Fail="Create")}) == "ROLLBACK_COMPLETE"
    assert reason(aws, "bad") == "Received response status [FAILED] from custom resource. Message returned: as told"
    events(aws, url)


def test_a_function_that_never_answers_times_out_by_the_clock(aws: LocalAws, asked: tuple[str, str]) -> None:
    arn, url = asked
    body = template({"C": custom(arn, Silent="yes", ServiceTimeout=600)})
    aws.client("cloudformation").create_stack(StackName="mute", TemplateBody=body)
    until(lambda: events(aws, url))
    assert ("C", "CREATE_IN_PROGRESS") in happened(aws, "mute")
    aws.advance(timedelta(seconds=601), lambda: None)
    assert settled(aws, "mute") == "ROLLBACK_COMPLETE"
    assert "did not receive a response" in reason(aws, "mute")
