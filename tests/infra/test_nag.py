"""cdk-nag passes, every acknowledgement is needed, and a wildcard without a reason does not pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import build
from infra.iam import allow, role
from infra.nag import ACCEPTED, attach, flat


def test_every_finding_is_fixed_or_acknowledged_where_it_is(dev: Any, tmp_path: Path) -> None:
    build(dev.environment, dev.contract, outdir=str(tmp_path), git_commit="0" * 40, nag=True).synth()
    (report,) = [r for r in json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"] if r["pluginName"] == "AwsSolutions"]
    assert report["conclusion"] == "success"
    assert not report["violations"]


def test_every_accepted_rule_would_be_found(dev: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.nag.ACCEPTED", ())
    app = build(dev.environment, dev.contract, outdir=str(tmp_path), git_commit="0" * 40, nag=True)
    with pytest.raises(RuntimeError) as failure:
        app.synth()
    for path, rule, _ in ACCEPTED:
        assert rule in str(failure.value)
        assert path in str(failure.value)


def test_a_wildcard_without_a_reason_is_an_error(dev: Any, tmp_path: Path) -> None:
    app = build(dev.environment, dev.contract, outdir=str(tmp_path), git_commit="0" * 40)
    statements = [allow("Mystery", ["s3:GetObject"], ["arn:aws:s3:::somewhere/*"]), allow("Trace", ["xray:PutTraceSegments"], ["*"])]
    platform = app.node.find_child("Platform")
    role(platform, "Odd", name="odd", service="lambda.amazonaws.com", purpose="A test", statements=statements)
    attach(app)
    with pytest.raises(RuntimeError) as failure:
        app.synth()
    assert "AwsSolutions-IAM5[Resource::arn:aws:s3:::somewhere/*]" in str(failure.value)
    assert "IAM5[Resource::*]" not in str(failure.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("arn:${AWS::Partition}:s3", "arn:<AWS::Partition>:s3"),
        ({"Fn::Join": ["", ["a/", {"Ref": "Bucket"}, "/*"]]}, "a/<Bucket>/*"),
        ({"Fn::Sub": "${Bucket}/*"}, "<Bucket>/*"),
        ({"Fn::GetAtt": ["Key", "Arn"]}, "<Key.Arn>"),
        ({"Fn::FindInMap": ["A", "B", "C"]}, '{"Fn::FindInMap":["A","B","C"]}'),
    ],
)
def test_values_are_written_as_cdk_nag_writes_them(value: Any, expected: str) -> None:
    assert flat(value) == expected
