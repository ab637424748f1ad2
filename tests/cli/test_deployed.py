"""What a synth is told of what is deployed."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from cli.main import app
from local_aws.aws import LocalAws
from local_aws.sagemaker.endpoints.fleet import Fleet
from tests.local_aws.support import IMAGE, ROLE, furnish, put


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """With an endpoint of loans-dev on ml.c5.xlarge, whose containers do not run."""
    monkeypatch.setattr("local_aws.sagemaker.endpoints.service.launch", lambda _, __, ___, config: Fleet(config, servers={}))
    with LocalAws() as running:
        furnish(running)
        put(running, "models/m.tar.gz", b"x")
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def deployed() -> object:
    done = CliRunner().invoke(app, ["deployed", "--environment", "loans-dev"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_type_on_which_an_endpoint_scales(aws: LocalAws) -> None:
    assert deployed() == {"environment": "dev", "scaled_on": ""}  # there is none
    sagemaker, autoscaling = aws.client("sagemaker"), aws.client("application-autoscaling")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://data/models/m.tar.gz"}
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.c5.xlarge"}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="loans-dev-endpoint", EndpointConfigName="c")
    aws.settle()
    assert deployed() == {"environment": "dev", "scaled_on": ""}  # it does not scale
    where = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/loans-dev-endpoint/variant/AllTraffic"}
    dimension = "sagemaker:variant:DesiredInstanceCount"
    autoscaling.register_scalable_target(**where, ScalableDimension=dimension, MinCapacity=1, MaxCapacity=2)
    assert deployed() == {"environment": "dev", "scaled_on": "ml.c5.xlarge"}
