"""cdk-nag passes, every acknowledgement is needed, and a wildcard without a reason does not pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import build
from infra.iam import allow, document
from infra.nag import ACCEPTED, check, flat


def test_every_finding_is_fixed_or_acknowledged(dev: Any, tmp_path: Path) -> None:
    build(dev.environment, dev.contract, outdir=str(tmp_path), git_commit="0" * 40, nag=True)
    assert (tmp_path / "Platform.template.json").read_bytes() == (dev.folder / "Platform.template.json").read_bytes()


def test_every_accepted_rule_would_be_found(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.nag.ACCEPTED", ())
    with pytest.raises(RuntimeError) as failure:
        check(str(dev.folder))
    for _, rule, _ in ACCEPTED:
        assert rule in str(failure.value)
    assert "IAM5" not in str(failure.value)


def test_a_wildcard_without_a_reason_is_an_error(dev: Any, tmp_path: Path) -> None:
    template = json.loads((dev.folder / "Monitoring.template.json").read_text())
    statements = [allow("Mystery", ["s3:GetObject"], ["arn:aws:s3:::somewhere/*"]), allow("Trace", ["xray:PutTraceSegments"], ["*"])]
    policy = {"PolicyName": "p", "PolicyDocument": document(*statements)}
    template["Resources"]["Odd"] = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": document(), "Policies": [policy]},
    }
    (tmp_path / "Monitoring.template.json").write_text(json.dumps(template))
    with pytest.raises(RuntimeError) as failure:
        check(str(tmp_path))
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
