"""What is shipped: pure Python, complete, and named by its content."""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import assets

COMPILED = {".so", ".pyc", ".pyd", ".dylib", ".o"}


def test_no_asset_holds_a_compiled_file(dev: Any) -> None:
    files = list(dev.folder.glob("asset.*"))
    assert {f.name.split(".", 2)[2] for f in files} == {"zip", "pyz", "tar.gz", "py", "toml", "json", "txt", "gluewheels.zip"}
    for file in files:
        assert not [name for name in _members(file.name, file.read_bytes()) if Path(name).suffix in COMPILED]


@pytest.mark.parametrize("verb", ["ingest", "approve", "release"])
def test_a_function_ships_its_handler_what_it_shares_and_its_libraries(dev: Any, verb: str) -> None:
    (function,) = [p for p in dev.properties("AWS::Lambda::Function") if p["FunctionName"] == dev.names.function(verb)]
    members = set(_members(".zip", (dev.folder / f"asset.{function['Code']['S3Key']}").read_bytes()))
    module, _, name = function["Handler"].rpartition(".")
    assert name == "handle"
    assert {f"{module.replace('.', '/')}.py", "interfaces/function_env.py", "aws_lambda_powertools/__init__.py"} <= members
    assert not [m for m in members if m.startswith("lambdas/") and m.split("/")[1] not in {verb, "shared", "__init__.py"}]


def test_every_asset_of_a_template_is_in_the_assembly(dev: Any) -> None:
    for name in dev.templates:
        for file in json.loads((dev.folder / f"{name}.assets.json").read_text())["files"].values():
            assert (dev.folder / file["source"]["path"]).is_file()


def test_an_assets_name_follows_its_content() -> None:
    first, again, other = assets.text("a = 1\n", ".toml"), assets.text("a = 1\n", ".toml"), assets.text("a = 2\n", ".toml")
    assert first == again
    assert first.digest != other.digest
    assert assets.function("ingest").digest != assets.function("approve").digest


def _members(name: str, content: bytes) -> Iterator[str]:
    """Names of files inside an archive, of archives inside it as well."""
    if name.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            yield from archive.getnames()
    elif name.endswith((".zip", ".pyz", ".whl")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield member
                yield from _members(member, archive.read(member)) if member.endswith(".whl") else ()
