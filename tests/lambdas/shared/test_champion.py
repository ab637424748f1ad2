"""What serves is passed to the pipeline; where nothing does, the parameter is left at its default."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.shared.champion import champion_parameters


class World:
    """CloudFormation and SageMaker with one stack and one package."""

    def __init__(self, package: str | None, error: str = "") -> None:
        self._package, self._error = package, error

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if self._error:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": self._error}}, "DescribeStacks")
        parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": self._package}] if self._package is not None else []
        return {"Stacks": [{"Parameters": parameters}]}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert ModelPackageName == self._package
        return {"InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://b/model.tar.gz"}]}}


def asked(package: str | None, error: str = "") -> list[dict[str, str]]:
    world = World(package, error)
    return champion_parameters(world, world, "loans-dev-serving")


def test_the_artefact_of_what_serves_is_named() -> None:
    assert asked("arn/7") == [{"Name": "ChampionModelUri", "Value": "s3://b/model.tar.gz"}]


def test_nothing_is_passed_where_nothing_serves() -> None:
    assert asked("") == asked(None) == asked(None, "Stack with id loans-dev-serving does not exist") == []


def test_another_fault_is_raised() -> None:
    with pytest.raises(ClientError, match="Rate exceeded"):
        asked(None, "Rate exceeded")
