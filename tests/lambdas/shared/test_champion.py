"""What serves is passed to the pipeline; where nothing does, the parameter is left at its default."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.shared.champion import Champion, champion, champion_parameters


class World:
    """CloudFormation and SageMaker with one stack and one package."""

    def __init__(self, package: str | None, error: str = "", gone: str = "") -> None:
        self._package, self._error, self._gone = package, error, gone

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if self._error:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": self._error}}, "DescribeStacks")
        parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": self._package}] if self._package is not None else []
        return {"Stacks": [{"Parameters": parameters}]}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert ModelPackageName == self._package
        if self._gone:
            raise ClientError({"Error": {"Code": self._gone, "Message": "arn/7 does not exist."}}, "DescribeModelPackage")
        return {"InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://b/model.tar.gz"}]}}


def asked(package: str | None, error: str = "") -> list[dict[str, str]]:
    world = World(package, error)
    return champion_parameters(champion(world, world, "loans-dev-serving"))


def test_the_artefact_of_what_serves_is_named() -> None:
    assert asked("arn/7") == [{"Name": "ChampionModelUri", "Value": "s3://b/model.tar.gz"}]


def test_nothing_is_passed_where_nothing_serves() -> None:
    assert asked("") == asked(None) == asked(None, "Stack with id loans-dev-serving does not exist") == []


def test_another_fault_is_raised() -> None:
    with pytest.raises(ClientError, match="Rate exceeded"):
        asked(None, "Rate exceeded")


def test_a_champion_whose_package_is_gone_is_unknown_and_stops_nothing() -> None:
    world = World("arn/7", gone="ValidationException")
    found = champion(world, world, "loans-dev-serving")
    assert found == Champion("arn/7", "") and champion_parameters(found) == []
    with pytest.raises(ClientError, match="does not exist"):
        champion(World("arn/7"), World("arn/7", gone="AccessDeniedException"), "loans-dev-serving")
