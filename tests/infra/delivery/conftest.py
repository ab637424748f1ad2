"""The delivery stack as it is synthesized for an example account."""

import json
from pathlib import Path
from typing import Any

import pytest

import app  # noqa: F401  (tells jsii where Node is, before aws_cdk is imported)
from infra.delivery.app import build
from infra.delivery.settings import Delivery, load

EXAMPLE = Path("infra/delivery/example.toml")


@pytest.fixture(scope="session")
def example() -> Delivery:
    return load(EXAMPLE)


@pytest.fixture(scope="session")
def assembly(example: Delivery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("delivery")
    build(example, outdir=str(folder)).synth()
    return folder


@pytest.fixture(scope="session")
def template(assembly: Path) -> dict[str, Any]:
    return dict(json.loads((assembly / "Delivery.template.json").read_text()))
