"""Tags of what SageMaker holds: given at creation or later, and gone with their resource."""

import uuid
from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.definitions import create, definition, fail
from tests.local_aws.jobs import process
from tests.local_aws.support import ROLE, refusal

TEAM = [{"Key": "team", "Value": "risk"}]


def tags(aws: LocalAws, arn: str) -> dict[str, str]:
    pages = aws.client("sagemaker").get_paginator("list_tags").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def pipeline(aws: LocalAws, name: str, **extra: Any) -> str:
    made = aws.client("sagemaker").create_pipeline(
        PipelineName=name, RoleArn=ROLE, PipelineDefinition=definition(fail("Stop", "x")), ClientRequestToken=uuid.uuid4().hex, **extra
    )
    return str(made["PipelineArn"])


def test_tags_are_given_at_creation_changed_and_taken_away(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    arn = pipeline(aws, "tagged", Tags=TEAM)
    assert tags(aws, arn) == {"team": "risk"}
    added = sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "loans"}, {"Key": "stage", "Value": "dev"}])
    assert {t["Key"]: t["Value"] for t in added["Tags"]} == tags(aws, arn) == {"team": "loans", "stage": "dev"}
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert tags(aws, arn) == {"stage": "dev"}


def test_tags_go_with_their_resource(aws: LocalAws) -> None:
    arn = pipeline(aws, "again", Tags=TEAM)
    aws.client("sagemaker").delete_pipeline(PipelineName="again", ClientRequestToken=uuid.uuid4().hex)
    assert refusal(lambda: tags(aws, arn))[0] == "ResourceNotFound"
    pipeline(aws, "again")
    assert tags(aws, arn) == {}


def test_jobs_and_groups_have_tags_too(aws: LocalAws) -> None:
    job = process(aws, "pass", Tags=TEAM)
    group = aws.client("sagemaker").create_model_package_group(ModelPackageGroupName="tagged", Tags=TEAM)
    assert tags(aws, job["ProcessingJobArn"]) == tags(aws, group["ModelPackageGroupArn"]) == {"team": "risk"}


def test_tags_of_what_is_not_there_or_not_done_are_refused(aws: LocalAws) -> None:
    create(aws, fail("Stop", "x"), name="there")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:{}".format
    assert refusal(lambda: tags(aws, arn("pipeline/nowhere")))[0] == "ResourceNotFound"
    assert "tags of arn:aws:sagemaker" in refusal(lambda: tags(aws, arn("feature-group/x")))[1]
