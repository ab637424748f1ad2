"""The SageMaker pipeline as deployed: every placeholder of the compiled definition is filled."""

import json
import re
from typing import Any

from infra.definition import compiled
from infra.platform.training import registries, settings_of
from interfaces.pipeline_settings import PLACEHOLDERS


def test_every_placeholder_of_the_definition_is_supplied(dev: Any) -> None:
    body, values = _body(dev)
    assert set(re.findall(r"\$\{([^}]+)\}", body)) <= set(values)
    assert set(values) == set(PLACEHOLDERS)


def test_the_body_is_the_compiled_definition(dev: Any) -> None:
    body, values = _body(dev)
    assert json.loads(body) == json.loads(compiled(settings_of(dev.environment, dev.contract)))
    assert values["GitCommit"] == "0" * 40


def test_the_image_is_pulled_from_the_regions_own_registry(dev: Any) -> None:
    for name in ("Platform", "Serving"):
        (mapping,) = dev.templates[name]["Mappings"].values()
        assert {region: row["Account"] for region, row in mapping.items()} == registries()


def test_models_are_registered_in_one_group(dev: Any) -> None:
    (group,) = dev.properties("AWS::SageMaker::ModelPackageGroup")
    assert group["ModelPackageGroupName"] == dev.names.model_package_group


def _body(cloud: Any) -> tuple[str, dict[str, Any]]:
    (pipeline,) = cloud.properties("AWS::SageMaker::Pipeline")
    body, values = pipeline["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Sub"]
    return body, values
