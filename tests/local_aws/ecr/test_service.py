"""AWS's registries hold the images that the local AWS can stand in for, and no others."""

import pytest
from botocore.exceptions import ClientError

from local_aws.aws import LocalAws

REGISTRY = "683313688378"


def pull(aws: LocalAws, repository: str, *tags: str) -> dict:
    return aws.client("ecr").batch_get_image(registryId=REGISTRY, repositoryName=repository, imageIds=[{"imageTag": t} for t in tags])


def test_a_known_image_is_answered_and_an_unknown_tag_is_named(aws: LocalAws) -> None:
    answer = pull(aws, "sagemaker-scikit-learn", "1.9-0-cpu-py3", "0.1")
    assert [i["imageId"]["imageTag"] for i in answer["images"]] == ["1.9-0-cpu-py3"]
    assert [(f["imageId"]["imageTag"], f["failureCode"]) for f in answer["failures"]] == [("0.1", "ImageNotFound")]


def test_an_unknown_repository_is_refused(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFound"):
        pull(aws, "sagemaker-tensorflow", "2.0")


def test_the_accounts_own_repositories_are_motos(aws: LocalAws) -> None:
    aws.client("ecr").create_repository(repositoryName="own")
    answer = aws.client("ecr").batch_get_image(repositoryName="own", imageIds=[{"imageTag": "none"}])
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"
