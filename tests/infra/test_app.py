"""The app as a whole: the same every time, without an account, and nothing that CloudFormation does not do itself."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.app import ROOT, build

GIT_COMMIT = "0" * 40


def test_two_synths_write_the_same_bytes(dev: Any, tmp_path: Path) -> None:
    build(dev.environment, dev.contract, outdir=str(tmp_path), git_commit=GIT_COMMIT).synth()
    written = {f.name: f.read_bytes() for f in tmp_path.iterdir() if ".template." in f.name or f.name.startswith("asset.")}
    assert written == {name: (dev.folder / name).read_bytes() for name in written}
    assert len([name for name in written if ".template." in name]) == 3


def test_a_synth_needs_no_account_and_has_nothing_to_warn_of(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "CDK_OUTDIR": str(tmp_path)}
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=bare | nobody, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(list(tmp_path.glob("*.template.json"))) == 3


def test_a_synth_that_is_told_what_is_deployed_refuses_what_is_not_offered_from_there(tmp_path: Path) -> None:
    context = json.dumps({"environment": "dev", "scaled_on": "ml.c5.xlarge"})
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": context}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not list(tmp_path.iterdir())
    (fault,) = done.stderr.splitlines()  # and no traceback of what was being loaded
    assert fault.startswith("configuration: serving.instance_type: found ml.m5.large; the endpoint scales by itself on ml.c5.xlarge")


def test_only_resources_that_cloudformation_makes_itself(dev: Any) -> None:
    types = {r["Type"] for template in dev.templates.values() for r in template["Resources"].values()}
    assert not {t for t in types if not t.startswith("AWS::") or "CustomResource" in t}


def test_parameters_are_those_of_a_release(dev: Any) -> None:
    parameters = {name: set(template.get("Parameters", {})) for name, template in dev.templates.items()}
    assert parameters == {
        "Platform": set(),
        "Serving": {"ModelPackageArn", "Generation"},
        "Monitoring": {"ModelPackageArn", "BaselineUri", "DatasetVersion", "Engine"},
    }


def test_stacks_deploy_in_order_under_their_names(dev: Any) -> None:
    stacks = {k: v for k, v in _manifest(dev)["artifacts"].items() if v["type"] == "aws:cloudformation:stack"}
    assert [stacks[k]["properties"]["stackName"] for k in ("Platform", "Serving", "Monitoring")] == list(dev.names.stacks)
    assert "Platform" in stacks["Serving"]["dependencies"]
    assert "Serving" in stacks["Monitoring"]["dependencies"]
    assert {k: v["properties"].get("tags") for k, v in stacks.items()} == {
        "Platform": {"project": dev.names.prefix},
        "Serving": None,
        "Monitoring": None,
    }


def test_production_cannot_be_deleted_by_accident(dev: Any, prod: Any) -> None:
    for cloud, protected in ((dev, False), (prod, True)):
        stacks = [v["properties"] for v in _manifest(cloud)["artifacts"].values() if v["type"] == "aws:cloudformation:stack"]
        assert [s.get("terminationProtection") for s in stacks] == [protected] * 3


def _manifest(cloud: Any) -> Any:
    return json.loads((cloud.folder / "manifest.json").read_text())
