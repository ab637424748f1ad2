"""docs/deploy.md and docs/ci.md say what the code says."""

import re
from pathlib import Path

import app  # noqa: F401  (tells jsii where Node is, before aws_cdk is imported)
from infra.platform.training import IMAGE_REPOSITORY, IMAGE_TAG, registries

ROOT = Path(__file__).resolve().parents[2]
DEPLOY, CI = (ROOT / "docs" / name for name in ("deploy.md", "ci.md"))


def test_the_table_of_images_is_that_of_the_template() -> None:
    text = DEPLOY.read_text()
    table = text.partition("<!-- images -->")[2]
    assert dict(re.findall(r"([a-z]+(?:-[a-z]+)+-\d) \| (\d{12})", table)) == registries()
    assert f"{IMAGE_REPOSITORY}:{IMAGE_TAG}" in text


def test_every_recipe_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (DEPLOY, CI):
        named = set(re.findall(r"(?:`|^ *)make ([a-z-]+)", page.read_text(), re.MULTILINE))
        assert named and named <= targets, (page.name, named - targets)
