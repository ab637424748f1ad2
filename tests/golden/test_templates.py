"""What dev deploys, to be read in review: any change of a template shows here."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.app import build
from infra.environment import load
from infra.nag import flat

ASSET = re.compile(r"[0-9a-f]{64}\.([a-z.]+)")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    environment, contract = load("dev")
    build(environment, contract, outdir=str(folder), git_commit="0" * 40).synth()
    return folder


@pytest.mark.parametrize("stack", ["Platform", "Serving", "Monitoring"])
def test_the_template_of_dev_has_not_changed(templates: Path, stack: str, golden: Callable[[str, str], None]) -> None:
    template = json.loads((templates / f"{stack}.template.json").read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::SageMaker::Pipeline":
            resource["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Sub"][0] = "see pipeline.json"
    golden(f"{stack}.json", ASSET.sub(r"ASSET-\1", json.dumps(_folded(template), indent=1)) + "\n")


def _folded(value: Any) -> Any:
    """Every Fn::Join as one line, as in ``arn:<AWS::Partition>:s3:::<Bucket>/drops/*``."""
    match value:
        case {"Fn::Join": ["", _]}:
            return {"Fn::Join": flat(value)}
        case dict():
            return {key: _folded(v) for key, v in value.items()}
        case list():
            return [_folded(v) for v in value]
    return value
