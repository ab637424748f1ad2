"""`make integration`: what a deploy left in the account of the shell's credentials stands, and its endpoint answers.

It reads three stacks and one endpoint and invokes that: nothing else, so that the role of a CI job can be as narrow.
"""

import json
import os
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.sample import row
from infra.environment import load

pytestmark = pytest.mark.deployed
ENVIRONMENT, CONTRACT = load(os.environ.get("LOOP_ENVIRONMENT", "dev"))
NAMES = ENVIRONMENT.names


@pytest.fixture(scope="module")
def stacks() -> dict[str, dict[str, Any]]:
    cloudformation = boto3.client("cloudformation")
    return {name: cloudformation.describe_stacks(StackName=name)["Stacks"][0] for name in NAMES.stacks}


@pytest.fixture
def served(stacks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The endpoint, once a model has been released; before that there is none, which is as it should be."""
    values = {p["ParameterKey"]: p["ParameterValue"] for p in stacks[NAMES.serving_stack]["Parameters"]}
    if not values["ModelPackageArn"]:
        pytest.skip(f"{NAMES.prefix}: no model has been released yet, so there is no endpoint to test")
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks[NAMES.serving_stack]["Outputs"]}
    return {"wanted": outputs["EndpointConfigName"], **boto3.client("sagemaker").describe_endpoint(EndpointName=ENVIRONMENT.endpoint)}


def invoke(body: str) -> Any:
    answer = boto3.client("sagemaker-runtime").invoke_endpoint(EndpointName=ENVIRONMENT.endpoint, Body=body, ContentType="application/json")
    return json.loads(answer["Body"].read())


def test_the_stacks_are_complete(stacks: dict[str, dict[str, Any]]) -> None:
    assert {s["StackStatus"] for s in stacks.values()} <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def test_the_endpoint_is_in_service_on_what_was_released(served: dict[str, Any]) -> None:
    assert served["EndpointStatus"] == "InService"
    assert served["EndpointConfigName"] == served["wanted"]


def test_a_row_that_holds_the_contract_is_answered(served: dict[str, Any]) -> None:
    (prediction,) = invoke(json.dumps([row(CONTRACT)]))["predictions"]
    assert prediction


def test_a_row_that_does_not_is_refused_by_name(served: dict[str, Any]) -> None:
    column = CONTRACT.features[0].name
    with pytest.raises(ClientError) as refused:
        invoke(json.dumps([{k: v for k, v in row(CONTRACT).items() if k != column}]))
    assert refused.value.response["OriginalStatusCode"] == 400
    assert column in refused.value.response["OriginalMessage"]
