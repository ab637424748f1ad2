"""Who made which management call, newest first; what is not in AWS's event history is not in this one."""

import json
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.support import refusal


def looked_up(aws: LocalAws, key: str, value: str, **more: Any) -> list[dict[str, Any]]:
    by = [{"AttributeKey": key, "AttributeValue": value}]
    return list(aws.client("cloudtrail").lookup_events(LookupAttributes=by, **more)["Events"])


def test_a_change_is_found_by_its_name_with_user_and_time(aws: LocalAws) -> None:
    began = aws.clock.now()
    aws.client("iam").create_role(RoleName="ann", AssumeRolePolicyDocument="{}")
    aws.clients.role("sagemaker", "arn:aws:iam::123456789012:role/ann", "by-night").create_model_package_group(
        ModelPackageGroupName="trailed"
    )
    (event,) = looked_up(aws, "EventName", "CreateModelPackageGroup")
    assert (event["Username"], event["EventSource"], event["ReadOnly"]) == ("by-night", "sagemaker.amazonaws.com", "false")
    assert began - timedelta(seconds=1) <= event["EventTime"]
    told = json.loads(event["CloudTrailEvent"])
    assert told["userIdentity"]["arn"] == "arn:aws:sts::123456789012:assumed-role/ann/by-night"
    assert told["eventID"] == event["EventId"]
    assert looked_up(aws, "EventName", "CreateModelPackageGroup", StartTime=began + timedelta(hours=1)) == []


def test_a_call_that_was_refused_is_there_with_its_error(aws: LocalAws) -> None:
    assert refusal(lambda: aws.client("sagemaker").delete_endpoint(EndpointName="absent"))
    (event,) = looked_up(aws, "EventName", "DeleteEndpoint")
    assert json.loads(event["CloudTrailEvent"])["errorCode"] == "ValidationException"
    assert event["Username"] == "local-admin"


def test_calls_on_data_are_none_of_its_business(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="trailed")
    s3.put_object(Bucket="trailed", Key="k", Body=b"")
    names = [e["EventName"] for e in looked_up(aws, "EventSource", "s3.amazonaws.com")]
    assert "CreateBucket" in names and "PutObject" not in names


def test_events_come_newest_first_and_by_page(aws: LocalAws) -> None:
    for number in range(3):
        aws.client("events").put_rule(Name=f"trailed-{number}", EventPattern='{"source": ["x"]}')
    events = looked_up(aws, "EventName", "PutRule")
    assert [e["EventTime"] for e in events] == sorted((e["EventTime"] for e in events), reverse=True) and len(events) == 3
    assert len({e["EventId"] for e in events}) == 3
    by = [{"AttributeKey": "EventName", "AttributeValue": "PutRule"}]
    pages = aws.client("cloudtrail").get_paginator("lookup_events").paginate(LookupAttributes=by, PaginationConfig={"PageSize": 2})
    assert [len(page["Events"]) for page in pages] == [2, 1]


@pytest.mark.parametrize("key", ["ResourceName", "ResourceType", "AccessKeyId"])
def test_what_the_journal_does_not_know_is_refused_by_name(aws: LocalAws, key: str) -> None:
    aws.client("iam").list_roles()
    assert f"looking events up by {key}" in refusal(lambda: looked_up(aws, key, "x"))[1]
