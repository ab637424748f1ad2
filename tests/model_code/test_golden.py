"""Golden rows: what a client would send, and what the endpoint has to answer."""

import json

import pandas as pd

from interfaces.contract import Contract
from model_code.golden import ROWS, golden
from model_code.predict import Bundle


def test_the_endpoint_answers_golden_rows_as_they_say(bundle: Bundle, contract: Contract, rows: pd.DataFrame) -> None:
    from pipeline_steps.serving import payload

    made = json.loads(json.dumps(golden(bundle, rows.iloc[400:]), allow_nan=False))
    assert len(made["rows"]) == len(made["predictions"]) == ROWS
    assert list(made["rows"][0]) == [c.name for c in contract.features]
    typed = payload.read(json.dumps(made["rows"]), "application/json", contract)
    assert isinstance(typed, payload.Rows)
    from model_code.predict import predict, records

    assert records(predict(bundle, typed.frame), contract) == made["predictions"]


def test_gaps_are_sent_as_null(bundle: Bundle, rows: pd.DataFrame) -> None:
    gaps = rows[rows["age"].isna()].iloc[:3]
    assert [row["age"] for row in golden(bundle, gaps)["rows"]] == [None] * 3
