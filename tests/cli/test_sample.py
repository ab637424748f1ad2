"""A row for a contract is one that the contract's own checks accept."""

from pathlib import Path

import pandas as pd

from cli.sample import row
from interfaces.contract import Contract, parse
from model_code.validate import check

ROOT = Path(__file__).resolve().parents[2]


def test_a_row_holds_the_contract(contract: Contract) -> None:
    for one in (contract, parse((ROOT / "contract.toml").read_text(), "contract.toml")):
        made = row(one)
        assert set(made) == {c.name for c in one.features}
        others = {c.name: c.allowed[0] if c.allowed else "1" for c in one.columns if c.name not in made}
        text = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in {**others, **made}.items()}
        if one.event_time:
            text[one.event_time] = "2026-01-01T00:00:00Z"
        checked = check(pd.DataFrame([text], dtype=object), one)
        assert not checked.problems and len(checked.rows) == 1
