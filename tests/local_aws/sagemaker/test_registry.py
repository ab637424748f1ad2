"""The model registry: versions, approval and its events, limits of metadata, deletion."""

from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.support import IMAGE, emitted, put, refusal

KIND = "SageMaker Model Package State Change"


@pytest.fixture(scope="module", autouse=True)
def group(aws: LocalAws) -> str:
    put(aws, "m.tar.gz", b"x")
    aws.client("sagemaker").create_model_package_group(ModelPackageGroupName="g", ModelPackageGroupDescription="models")
    return "g"


def registered(aws: LocalAws, url: str = "s3://data/m.tar.gz", group: str = "g", **extra: Any) -> str:
    specification = {"Containers": [{"Image": IMAGE, "ModelDataUrl": url}], "SupportedContentTypes": ["text/csv"]}
    answer = aws.client("sagemaker").create_model_package(ModelPackageGroupName=group, InferenceSpecification=specification, **extra)
    return str(answer["ModelPackageArn"])


def described(aws: LocalAws, arn: str) -> dict[str, Any]:
    return dict(aws.client("sagemaker").describe_model_package(ModelPackageName=arn))


def test_versions_count_up_and_are_never_given_again(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="counted")
    arns = [registered(aws, group="counted") for _ in range(3)]
    assert [a.rsplit("/", 1)[-1] for a in arns] == ["1", "2", "3"]
    sagemaker.delete_model_package(ModelPackageName=arns[2])
    assert registered(aws, group="counted").endswith("/4")
    listed = sagemaker.list_model_packages(ModelPackageGroupName="counted")["ModelPackageSummaryList"]
    assert [p["ModelPackageVersion"] for p in listed] == [1, 2, 4]
    assert described(aws, arns[0])["ModelApprovalStatus"] == "PendingManualApproval"
    assert "does not exist" in refusal(lambda: described(aws, arns[2]))[1]


def test_approval_is_an_event_and_keeps_the_metadata(aws: LocalAws) -> None:
    arn = registered(aws, CustomerMetadataProperties={"auc": "0.9", "old": "x"}, ModelPackageDescription="candidate")
    aws.client("sagemaker").update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="looks good",
        CustomerMetadataProperties={"by": "me"},
        CustomerMetadataPropertiesToRemove=["old"],
    )
    package = described(aws, arn)
    assert (package["ModelApprovalStatus"], package["ApprovalDescription"]) == ("Approved", "looks good")
    assert package["CustomerMetadataProperties"] == {"auc": "0.9", "by": "me"}
    aws.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    assert described(aws, arn)["CustomerMetadataProperties"] == {"auc": "0.9", "by": "me"}
    events = emitted(aws, KIND, ModelPackageArn=arn)
    assert [e["ModelApprovalStatus"] for e in events] == ["PendingManualApproval", "Approved", "Rejected"]
    event = events[1]
    assert event["ModelPackageName"] == event["ModelPackageGroupName"] == "g"
    assert event["ModelPackageVersion"] == int(arn.rsplit("/", 1)[-1])
    assert (event["ModelPackageStatus"], event["ModelPackageDescription"], event["ApprovalDescription"]) == (
        "Completed",
        "candidate",
        "looks good",
    )
    assert event["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == "s3://data/m.tar.gz"
    assert event["CreationTime"] > 1_600_000_000_000  # milliseconds


def test_an_update_of_metadata_alone_is_no_event(aws: LocalAws) -> None:
    arn = registered(aws)
    aws.client("sagemaker").update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"a": "b"})
    aws.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="PendingManualApproval")
    assert len(emitted(aws, KIND, ModelPackageArn=arn)) == 1


@pytest.mark.parametrize("metadata", [{f"k{i}": "v" for i in range(51)}, {"k": "v" * 257}, {"k": "a<b"}, {"k": "50%"}, {"k": "{}"}])
def test_metadata_has_limits_at_creation_and_update(aws: LocalAws, metadata: dict[str, str]) -> None:
    arn = registered(aws, CustomerMetadataProperties={"kept": "v" * 256})
    assert "CustomerMetadataProperties" in refusal(lambda: registered(aws, CustomerMetadataProperties=metadata))[1]
    update = lambda: aws.client("sagemaker").update_model_package(ModelPackageArn=arn, CustomerMetadataProperties=metadata)  # noqa: E731
    assert refusal(update)[0] == "ValidationException"
    assert list(described(aws, arn)["CustomerMetadataProperties"]) == ["kept"]


def test_missing_model_data_and_groups_are_refused(aws: LocalAws) -> None:
    assert "Could not find model data at s3://data/absent" in refusal(lambda: registered(aws, "s3://data/absent"))[1]
    assert "model-package-group/nowhere does not exist" in refusal(lambda: registered(aws, group="nowhere"))[1]
    assert "does not exist" in refusal(lambda: aws.client("sagemaker").list_model_packages(ModelPackageGroupName="nowhere"))[1]


def test_the_same_token_registers_once(aws: LocalAws) -> None:
    assert registered(aws, ClientToken="t" * 36) == registered(aws, ClientToken="t" * 36)


def test_lists_are_filtered_ordered_and_paged(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="listed")
    arns = [registered(aws, group="listed", ModelApprovalStatus=s) for s in ("Approved", "Rejected", "Approved")]
    approved = sagemaker.list_model_packages(ModelPackageGroupName="listed", ModelApprovalStatus="Approved", MaxResults=1)
    assert [p["ModelPackageArn"] for p in approved["ModelPackageSummaryList"]] == [arns[0]]
    rest = sagemaker.list_model_packages(ModelPackageGroupName="listed", ModelApprovalStatus="Approved", NextToken=approved["NextToken"])
    assert [p["ModelPackageArn"] for p in rest["ModelPackageSummaryList"]] == [arns[2]]
    newest = sagemaker.list_model_packages(ModelPackageGroupName="listed", SortOrder="Descending")["ModelPackageSummaryList"]
    assert [p["ModelPackageArn"] for p in newest] == arns[::-1]
    assert sagemaker.list_model_packages()["ModelPackageSummaryList"] == []  # of those without versions
    versioned = sagemaker.list_model_packages(ModelPackageType="Versioned", NameContains="listed")["ModelPackageSummaryList"]
    assert [p["ModelPackageArn"] for p in versioned] == arns


def test_a_group_is_deleted_only_when_it_is_empty(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="full")
    arn = registered(aws, group="full")
    with pytest.raises(sagemaker.exceptions.ConflictException, match="still contains model packages"):
        sagemaker.delete_model_package_group(ModelPackageGroupName="full")
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="full")
    assert "does not exist" in refusal(lambda: sagemaker.describe_model_package_group(ModelPackageGroupName="full"))[1]
    assert "already exists" in refusal(lambda: sagemaker.create_model_package_group(ModelPackageGroupName="g"))[1]
