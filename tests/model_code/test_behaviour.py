"""Behavioural tests see what the model does, on a model whose behaviour is known."""

import numpy as np
import pytest

from model_code.behaviour import run
from model_code.predict import Bundle


class ByPrice:
    """The probability falls from 1 at price 0 to 0 at price 100; members get 0.1 more."""

    classes_ = ("0", "1")

    def predict_proba(self, features):
        chance = np.clip(1 - features["price"].to_numpy(dtype="float64") / 100, 0, 0.9) + 0.1 * features["member"].to_numpy(dtype="float64")
        return np.column_stack([1 - chance, chance])


@pytest.fixture
def known(contract):
    return Bundle(ByPrice(), contract)


def directional(**changes):
    return {
        "directional": [
            {"name": "d", "column": "price", "add": 10.0, "expect": "down", "rows": 50, "tolerance": 0.0, "min_share": 1.0, **changes}
        ]
    }


def test_a_direction_that_holds_and_one_that_does_not(known, rows):
    (down,) = run(known, rows, directional())
    assert (down["number"], down["passed"], down["rows"]) == (1.0, True, 50)
    (up,) = run(known, rows, directional(expect="up"))
    assert up["number"] < 0.2 and not up["passed"]


def test_moves_within_the_tolerance_do_not_count_against(known, rows):
    (up,) = run(known, rows, directional(expect="up", tolerance=0.11))
    assert up["passed"]


def test_moves_out_of_the_contracts_range_are_not_tried(known, rows):
    (found,) = run(known, rows, directional(column="age", add=60, rows=600))
    assert found["rows"] == int((rows["age"] + 60 <= 120).sum())
    with pytest.raises(ValueError, match="no held-out row can move by 500 in 'age'"):
        run(known, rows, directional(column="age", add=500))


def invariance(column, values, **changes):
    return {"invariance": [{"name": "i", "column": column, "values": values, "rows": 100, "tolerance": 0.05, "min_share": 0.9, **changes}]}


def test_what_does_not_matter_and_what_does(known, rows):
    assert run(known, rows, invariance("gender", ["f", "m"]))[0]["number"] == 1.0
    (matters,) = run(known, rows, invariance("member", [True, False]))
    assert matters["number"] == 0.0 and not matters["passed"]
    assert run(known, rows, invariance("member", [True, False], tolerance=0.11))[0]["passed"]


ROW = {"seen_at": "2026-01-01T00:00:00Z", "price": 20, "age": 40, "city": "Bern", "gender": "f", "member": False}


def case(**expected):
    blank = {"label": None, "min_score": None, "max_score": None}
    return {"functionality": [{"name": "cheap", "row": ROW, **blank, **expected}]}


@pytest.mark.parametrize(
    ("expected", "number", "passed"),
    [
        ({"label": "1"}, "1", True),
        ({"label": "0"}, "1", False),
        ({"min_score": 0.79, "max_score": 0.81}, 0.8, True),
        ({"min_score": 0.81}, 0.8, False),
        ({"max_score": 0.79}, 0.8, False),
        ({"label": "0", "min_score": 0.5}, 0.8, False),
    ],
)
def test_one_known_row(known, rows, expected, number, passed):
    (found,) = run(known, rows, case(**expected))
    assert found["passed"] is passed
    assert found["number"] == (number if isinstance(number, str) else pytest.approx(number))


def test_a_row_that_breaks_the_contract_is_named(known, rows):
    broken = case(label="1")
    broken["functionality"][0]["row"] = {**ROW, "age": 130}
    with pytest.raises(ValueError, match="behavioural test 'cheap': age = '130' is above the maximum 120"):
        run(known, rows, broken)
