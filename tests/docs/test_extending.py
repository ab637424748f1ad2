"""The recipes of docs/extending.md work as printed."""

import io
import json
import re
import shutil
import subprocess
import sys
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from interfaces import analyzer
from interfaces.contract import Contract
from interfaces.manifest import Manifest
from local_aws.aws import LocalAws
from local_aws.cloudformation.resources import HANDLERS
from pipeline_steps.scripts import monitor

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = dict(re.findall(r"```python title=(\S+)\n(.*?)```", (ROOT / "docs" / "extending.md").read_text(), re.DOTALL))


def load(title: str) -> types.ModuleType:
    module = types.ModuleType(title.removesuffix(".py").replace("/", "."))
    exec(compile(BLOCKS[title], title, "exec"), module.__dict__)
    return module


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


def manifest_of(contract: Contract, rows: int, quarantined: int = 0) -> Manifest:
    return Manifest("v1", "drop", "0", contract.fingerprint(), rows, quarantined, "2026-01-01T00:00:00Z", contract=contract.to_dict())


def test_the_script_of_a_new_step_reads_and_writes(tmp_path: Path, contract: Contract, rows: pd.DataFrame) -> None:
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "v1.json").write_text(manifest_of(contract, len(rows)).to_json())
    (tmp_path / "train").mkdir()
    rows.to_parquet(tmp_path / "train" / "part-00000.parquet")
    paths = {name: str(tmp_path / name) for name in ("manifest", "train", "output")}
    load("pipeline_steps/scripts/profile.py").main([part for k, v in paths.items() for part in (f"--{k}", v)])
    profile = json.loads((tmp_path / "output" / "profile.json").read_text())
    assert sum(profile["gender"].values()) == len(rows)


@pytest.mark.slow
def test_the_new_step_compiles_into_the_definition(tmp_path: Path) -> None:
    for folder in ("interfaces", "pipeline_steps"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "pipeline_steps" / "definition" / "pipeline.py"
    text = path.read_text()
    line = next(x for x in text.splitlines() if x.lstrip().startswith("baseline = "))
    text = text.replace(line, f"{line}\n    {BLOCKS['definition'].strip()}")
    text = text.replace("train, baseline, evaluate, gate]", "train, baseline, profile, evaluate, gate]")
    path.write_text(text)
    settings = json.dumps({"problem_type": "binary", "metric": "auc", "threshold": 0.7})
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_steps.definition.compile", settings], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Profile" in {step["Name"] for step in json.loads(done.stdout)["Steps"]}


def test_the_new_lambda_runs_from_its_zip(aws: LocalAws, contract: Contract) -> None:
    role = aws.client("iam").create_role(RoleName="count", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/count")
    aws.client("s3").create_bucket(Bucket="data-bucket")
    aws.client("s3").put_object(Bucket="data-bucket", Key="manifests/v1.json", Body=manifest_of(contract, 90, 10).to_json().encode())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for title in ("lambdas/count/decision.py", "lambdas/count/handler.py"):
            archive.writestr(title, BLOCKS[title])
        for path in (ROOT / "interfaces").glob("*.py"):
            archive.write(path, f"interfaces/{path.name}")
    aws.client("lambda").create_function(
        FunctionName="count",
        Runtime="python3.13",
        Role=role,
        Handler="lambdas.count.handler.handle",
        Code={"ZipFile": buffer.getvalue()},
        Environment={"Variables": {"DATA_BUCKET": "data-bucket"}},
        Timeout=30,
    )
    event = {"detail-type": "Dataset Version Created", "detail": {"dataset_version": "v1"}}
    answer = aws.client("lambda").invoke(FunctionName="count", Payload=json.dumps(event).encode())
    assert json.loads(answer["Payload"].read()) == {"quarantined_share": 0.1}


def test_the_new_resource_deploys(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = load("local_aws/cloudformation/resources/metric_filters.py").MetricFilter()
    monkeypatch.setitem(HANDLERS, handler.type, handler)
    aws.client("logs").create_log_group(logGroupName="shop")
    counted = {"MetricName": "Faults", "MetricNamespace": "shop", "MetricValue": "1"}
    properties = {"LogGroupName": "shop", "FilterName": "faults", "FilterPattern": "ERROR", "MetricTransformations": [counted]}
    template = {"Resources": {"Faults": {"Type": handler.type, "Properties": properties}}}
    aws.client("cloudformation").create_stack(StackName="filters", TemplateBody=json.dumps(template))
    aws.settle()
    assert aws.client("cloudformation").describe_stacks(StackName="filters")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert [f["filterName"] for f in aws.client("logs").describe_metric_filters(logGroupName="shop")["metricFilters"]] == ["faults"]


def test_the_new_monitor_runs_and_reports(tmp_path: Path, contract: Contract, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "model_code.monitoring.duplicates", load("model_code/monitoring/duplicates.py"))
    monkeypatch.setattr(analyzer, "ANALYSIS_TYPES", (*analyzer.ANALYSIS_TYPES, "DUPLICATES"))
    monkeypatch.setitem(monitor._ANALYSES, "DUPLICATES", load("pipeline_steps/scripts/analyses/duplicates.py").run)
    (tmp_path / "in").mkdir()
    given = analyzer.AnalyzerSettings(
        analysis_type="DUPLICATES", dataset_format='{"parquet": {}}', dataset_source=str(tmp_path / "in"), output_path=str(tmp_path / "out")
    )
    monitor.write(given, monitor.analyse(given, contract))
    assert json.loads((tmp_path / "out" / "monitor.json").read_text())["state"] == "NoData"
    pd.concat([rows, rows.iloc[:200]]).to_parquet(tmp_path / "in" / "rows.parquet")
    monitor.write(given, monitor.analyse(given, contract))
    found = json.loads((tmp_path / "out" / "monitor.json").read_text())
    assert found["metrics"]["duplicates"] == {"value": 0.25, "baseline": 0.05, "violated": True}
    [violation] = json.loads((tmp_path / "out" / "constraint_violations.json").read_text())["violations"]
    assert violation["description"] == "25.0% of the rows repeat others"
