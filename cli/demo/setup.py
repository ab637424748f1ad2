"""The demo's deployment: an environment file and a contract for the table, synthesized in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cli.contract import propose
from cli.demo import loans
from cli.errors import CliError
from interfaces.contract import Contract, parse
from interfaces.names import Names
from interfaces.reports import DEFAULT_METRIC

ROOT = Path(__file__).resolve().parents[2]
# lenient on purpose: the demo shows the loop on a table that nobody has tuned for
THRESHOLDS = {"binary": 0.6, "multiclass": 0.3, "regression": 0.1}


@dataclass(frozen=True)
class Table:
    """What is landed: files on disk, their contract, and what was unsure about it."""

    files: tuple[Path, ...]
    contract: Contract
    doubts: dict[str, str]


def own_table(folder: Path, rows: int, seed: int, start: datetime = loans.START) -> Table:
    """The generated loan applications, of half a year from ``start`` on."""
    path = folder / "loans.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(loans.csv_chunks(loans.generate(rows, seed, start)))
    return Table((path,), parse((ROOT / "contract.toml").read_text(), "contract.toml"), {})


def user_table(path: Path, target: str) -> Table:
    """A user's CSV with an inferred contract. Raises CliError."""
    proposal = propose(path, target)
    return Table((path,), proposal.contract, proposal.doubts)


# Days instead of hours: a monitor a day, whose labels come a day later, and hardly any tick in between
DAYS = """
[monitoring]
window = "day"
label_delay_hours = {delay}
minimum_rows = 200
bias = false
tick_minutes = 60

[retrain]
tick_minutes = 360

[operations]
retain_data = false
reconcile_minutes = 1440
"""
HOSTING = {
    "real-time": "",
    "serverless": """
[serving]
hosting = "serverless"
capture_by = "container"
""",
}
ALONE = """
[operations]
retain_data = false
"""


def write_environment(folder: Path, contract: Contract, threshold: float | None, settings: str = ALONE) -> tuple[Path, Names]:
    """The environment file for this table, next to its contract."""
    (folder / "contract.toml").write_text(contract.to_toml(), encoding="utf-8")
    limit = THRESHOLDS[contract.problem_type] if threshold is None else threshold
    text = (
        f'project = "demo"\nenvironment = "local"\ncontract = "contract.toml"\n\n'
        f'[pipeline]\nmetric = "{DEFAULT_METRIC[contract.problem_type]}"\nthreshold = {limit!r}\n{settings}'
    )
    path = folder / "environment.toml"
    path.write_text(text, encoding="utf-8")
    return path, Names("demo", "local")


def synthesize(environment: Path, outdir: Path) -> None:
    """Run the CDK app. Raises CliError with what it said."""
    context = json.dumps({"environment": str(environment)})
    env = {**os.environ, "CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": context}
    done = subprocess.run([sys.executable, str(ROOT / "app.py")], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CliError(f"synthesis failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
