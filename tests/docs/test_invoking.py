"""Every block of docs/invoking.md, run as printed against an endpoint of the local AWS."""

import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from cli.demo import loans
from interfaces.contract import parse
from local_aws.aws import LocalAws
from model_code import estimator
from model_code.predict import Bundle
from model_code.validate import check
from pipeline_steps.scripts.train import write_artefact
from tests.local_aws.endpoints import QUICK, SERVING, config, create
from tests.local_aws.support import IMAGE, ROLE, furnish, put

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = dict(re.findall(r"```(?:sh|python) title=(\S+)\n(.*?)```", (ROOT / "docs" / "invoking.md").read_text(), re.DOTALL))


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with the page's rows, and the environment of a shell that speaks to a local AWS with the loans' endpoint."""
    folder = tmp_path_factory.mktemp("invoking")
    with LocalAws() as aws:
        furnish(aws)
        _serve(aws, folder)
        bin = f"{folder}:{Path(sys.executable).parent}:{ROOT / '.envs' / 'awscli' / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, **aws.environment(), "PATH": bin, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        (folder / "loop").write_text(f'#!/bin/sh\nexec {sys.executable} -m cli.main "$@"\n')
        (folder / "loop").chmod(0o755)
        subprocess.run(["sh", "-e", "-c", BLOCKS["rows"]], cwd=folder, env=environment, check=True)
        yield folder, environment


def _serve(aws: LocalAws, folder: Path) -> None:
    contract = parse((ROOT / "contract.toml").read_text())
    raw = loans.generate(400).rows
    rows = check(raw.astype(object).where(raw.notna(), None), contract).rows
    write_artefact(Bundle(estimator.fit(contract, estimator.Params(max_iter=10), rows), contract), folder / "artefact")
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        for entry in sorted((folder / "artefact").iterdir()):
            archive.add(entry, entry.name)
    uri = put(aws, "models/loans.tar.gz", (folder / "model.tar.gz").read_bytes())
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": {**SERVING, **QUICK}}
    aws.client("sagemaker").create_model(ModelName="loans", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    assert create(aws, "loans-dev-endpoint", config(aws, "loans", loans=1.0)) == "InService"


def run(shell: tuple[Path, dict[str, str]], *command: str) -> subprocess.CompletedProcess[str]:
    folder, environment = shell
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def printed(shell: tuple[Path, dict[str, str]], title: str) -> str:
    interpreter = (sys.executable, "-c") if title == "boto3" else ("sh", "-e", "-c")
    done = run(shell, *interpreter, BLOCKS[title])
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_clients_get_the_same_two_predictions(shell: tuple[Path, dict[str, str]]) -> None:
    loop = printed(shell, "loop").splitlines()
    expected = [(p["label"], p["probability"]) for p in json.loads(loop[0])["predictions"]]
    assert len(expected) == 2
    as_csv = [(label, float(p)) for label, p in (line.split(",") for line in loop[1:3])]
    as_lines = [(p["label"], p["probability"]) for p in map(json.loads, loop[3:5])]
    assert as_csv == as_lines == expected
    aws = printed(shell, "aws")
    assert [(p["label"], p["probability"]) for p in json.loads(aws[aws.index('{"predictions') :])["predictions"]] == expected
    boto3 = [line.split() for line in printed(shell, "boto3").splitlines()]
    assert [(label, float(p)) for label, p in boto3] == expected
    curl = [line.split(",") for line in printed(shell, "curl").splitlines()]
    assert [(label, float(p)) for label, p in curl] == expected


def test_a_refusal_is_shown_row_by_row(shell: tuple[Path, dict[str, str]]) -> None:
    text = (shell[0] / "rows.csv").read_text().replace("41,female", "17,female").replace("23,male", "young,male")
    (shell[0] / "bad.csv").write_text(text)
    done = run(shell, "loop", "invoke", "bad.csv", "--environment", "loans-dev")
    assert done.returncode == 2
    assert "loop: the endpoint refused the request (400): row 0, column 'age': '17' is below the minimum 18" in done.stderr
    assert "row 1, column age: 'young' is not a whole number; allowed: a whole number, at least 18, at most 120" in done.stderr


def test_an_endpoint_that_is_not_there_is_named(shell: tuple[Path, dict[str, str]]) -> None:
    done = run(shell, "loop", "invoke", "rows.csv", "--environment", "loans-prod")
    assert done.returncode == 2 and "loans-prod-endpoint" in done.stderr and "Traceback" not in done.stderr


def test_the_page_shows_the_columns_in_the_contracts_order() -> None:
    contract = parse((ROOT / "contract.toml").read_text())
    rows = json.loads(re.search(r"rows\.json <<'END'\n(.*?)END", BLOCKS["rows"], re.DOTALL)[1])  # type: ignore[index]
    assert [list(r) for r in rows] == [[c.name for c in contract.features]] * 2
    assert pd.DataFrame(rows)["credit_score"].isna().tolist() == [False, True]
