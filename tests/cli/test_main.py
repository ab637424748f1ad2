"""The command line as a user meets it."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from interfaces.contract import parse

ROOT = Path(__file__).resolve().parents[2]


def loop(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli.main", *arguments], cwd=cwd, env=_env(), capture_output=True, text=True, check=False)


def _env() -> dict[str, str]:
    import os

    # a machine whose own time is not UTC
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", "TZ": "NST3:30"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "shop.csv"
    rows = "".join(f"{i},{i % 7}.5,{'red' if i % 3 else 'blue'},{'yes' if i % 4 else 'no'}\n" for i in range(60))
    path.write_text("order_id,price,colour,bought\n" + rows)
    return path


def test_a_contract_is_inferred_and_its_doubts_are_named(table: Path, tmp_path: Path) -> None:
    done = loop("contract", "infer", str(table), "--target", "bought", cwd=tmp_path)
    assert done.returncode == 0
    contract = parse(done.stdout)
    assert (contract.target, contract.problem_type, contract.identifiers) == ("bought", "binary", ("order_id",))
    assert "unsure: order_id: taken as an identifier" in done.stderr
    assert "# taken as an identifier" in done.stdout


def test_without_a_target_the_last_column_is_taken_and_doubted(table: Path, tmp_path: Path) -> None:
    done = loop("contract", "infer", str(table), cwd=tmp_path)
    assert parse(done.stdout).target == "bought"
    assert "unsure: bought: taken as the target because it is the last column" in done.stderr


def test_an_existing_contract_is_not_overwritten(table: Path, tmp_path: Path) -> None:
    target = tmp_path / "contract.toml"
    target.write_text("mine")
    done = loop("contract", "infer", str(table), "--target", "bought", "--output", str(target), cwd=tmp_path)
    assert done.returncode == 2 and "--force" in done.stderr and target.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["contract", "infer", "shop.csv", "--target", "nothing"], "no column 'nothing'; the file has: order_id, price, colour, bought"),
        (["contract", "infer", "none.csv", "--target", "x"], "none.csv: no such file"),
        (["demo", "--data", "shop.csv"], "--data and --target go together"),
        (["status"], "run: loop demo"),
        (["report"], "run: loop demo"),
        (["status", "--environment", "loans"], "expected PROJECT-ENVIRONMENT"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(table: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = loop(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr


def test_no_credentials_are_said_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.main", "status", "--environment", "loans-dev"]
    env = {k: v for k, v in _env().items() if not k.startswith("AWS_")}
    env |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "Unable to locate credentials" in done.stderr and "loop preflight" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("hosting", ["real-time", "serverless"])
def test_the_demo_ends_with_a_summary_and_status_and_report_show_it_again(tmp_path: Path, hosting: str) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    done = loop("demo", "--rows", "3000", "--json", "--hosting", hosting, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    summary = lines[-1]["summary"]
    wanted = {
        "dataset_version", "pipeline_execution_arn", "pipeline_status", "model_package_arn", "approval_status", "endpoint_status",
        "endpoint_config_name", "predictions", "captured_records", "metrics", "duration_s", "drift_alarm", "violations", "retrain_reason",
        "second_model_package_arn", "released_versions", "metric_before", "metric_drifted", "metric_after",
    }  # fmt: skip
    assert wanted <= set(summary)
    assert (summary["pipeline_status"], summary["approval_status"], summary["endpoint_status"]) == ("Succeeded", "Approved", "InService")
    assert summary["predictions"] == 100 and summary["captured_records"] >= 41  # and what the smoke test asked
    assert summary["released_versions"] == [1, 2] and summary["second_model_package_arn"].endswith("/2")
    assert summary["drift_alarm"] and summary["violations"] > 0 and "income: distance" in summary["retrain_reason"]
    assert summary["metric_drifted"] < min(summary["metric_before"], summary["metric_after"])
    assert {"ingest", "pipeline", "registry", "endpoint", "invoke"} <= {line.get("stage") for line in lines}
    page = (tmp_path / "report.html").read_text()
    shown = ("ReachesThreshold", "threshold.auc", "ROC curve", "<svg", "The life of the endpoint")
    assert all(words in page for words in (summary["dataset_version"], summary["endpoint_config_name"], *shown))
    started = re.findall(r"started (\S+ \S+) UTC", page)
    assert [began <= datetime.fromisoformat(f"{at}+00:00") <= datetime.now(UTC) for at in started] == [True]
    assert "http://" not in page and "https://" not in page
    (tmp_path / "report.html").unlink()
    status = loop("status", cwd=tmp_path)
    assert summary["dataset_version"] in status.stdout and "InService" in status.stdout
    assert loop("report", cwd=tmp_path).returncode == 0
    assert (tmp_path / "report.html").read_text() == page


@pytest.mark.slow
def test_the_demo_says_why_it_ended_early(tmp_path: Path) -> None:
    path = tmp_path / "noise.csv"
    path.write_text("x,y\n" + "".join(f"{(i * 7919) % 101}.5,{'ab'[(i * 104729) % 7 % 2]}\n" for i in range(600)))
    done = loop("demo", "--data", "noise.csv", "--target", "y", "--threshold", "0.999", cwd=tmp_path)
    assert done.returncode == 1
    assert "auc of the model is below the threshold 0.999" in done.stderr
    assert not (tmp_path / "report.html").exists()
