"""A resource type is there if the region's schemas have it."""

import pytest
from botocore.exceptions import ClientError

from local_aws.aws import LocalAws


def test_types_of_the_region(aws: LocalAws) -> None:
    cloudformation = aws.client("cloudformation")
    found = cloudformation.describe_type(Type="RESOURCE", TypeName="AWS::SageMaker::MonitoringSchedule")
    assert (found["TypeName"], found["Visibility"]) == ("AWS::SageMaker::MonitoringSchedule", "PUBLIC")
    with pytest.raises(ClientError) as absent:
        cloudformation.describe_type(Type="RESOURCE", TypeName="AWS::SageMaker::NoSuchThing")
    assert absent.value.response["Error"]["Code"] == "TypeNotFoundException"


def test_anything_else_is_refused_by_name(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="DescribeType of anything but a resource type"):
        aws.client("cloudformation").describe_type(Type="MODULE", TypeName="My::Own::Thing::MODULE")
