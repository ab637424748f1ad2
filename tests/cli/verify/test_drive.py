"""Which rows a run lands."""

from pathlib import Path

import pytest

from cli.errors import CliError
from cli.verify.drive import ROWS, rows_for
from interfaces.contract import Contract, parse

LOANS = parse((Path(__file__).resolve().parents[3] / "contract.toml").read_text(), "contract.toml")


def test_loans_are_generated_anew_for_every_run() -> None:
    first, second = rows_for(LOANS, None, 1), rows_for(LOANS, None, 2)
    assert first.count(b"\n") == ROWS + 1 and first != second
    assert first.splitlines()[0] == b",".join(c.name.encode() for c in LOANS.columns)


def test_another_contract_needs_rows_of_its_own(contract: Contract) -> None:
    with pytest.raises(CliError, match="'visits' is not that of the generated loans; give --data"):
        rows_for(contract, None, 1)


def test_of_given_rows_each_run_takes_others(tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "".join(f"{i},{i}\n" for i in range(100)))
    first, second = rows_for(contract, path, 1), rows_for(contract, path, 2)
    assert first.count(b"\n") == 91 and first != second
    assert first.startswith(b"a,b\n")
