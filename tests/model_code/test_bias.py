"""Clarify's measures on a table that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest

from model_code.bias import bias


def test_measures_are_the_documented_ones(contract):
    rows = pd.DataFrame({"gender": pd.array(["f"] * 10 + ["m"] * 10, dtype="string")})
    #        f: 4 of 10 chosen, 5 positive of which 3 found      m: 6 of 10 chosen, 5 positive of which 5 found
    truth = np.array(list("1111100000" + "1111100000"))
    predicted = np.array(list("1110010000" + "1111110000"))
    found = {b["value"]: b for b in bias(contract, rows, truth, predicted, ["gender"])}
    f = found["f"]
    assert (f["column"], f["rows"]) == ("gender", 10)
    assert f["DPPL"] == pytest.approx(0.6 - 0.4)
    assert f["DI"] == pytest.approx(0.4 / 0.6)
    assert f["AD"] == pytest.approx(0.9 - 0.7)
    assert f["RD"] == pytest.approx(1.0 - 0.6)
    assert found["m"]["DPPL"] == pytest.approx(-0.2)


def test_numbers_are_grouped_by_quartiles_and_gaps_are_a_group(contract, rows):
    truth = np.array(["1", "0"] * 300)
    found = bias(contract, rows, truth, truth, ["age"])
    assert len(found) == 5 and sum(b["rows"] for b in found) == 600
    assert "(missing)" in {b["value"] for b in found}


def test_what_has_no_other_group_has_no_measure(contract):
    rows = pd.DataFrame({"gender": pd.array(["f"] * 4, dtype="string")})
    (only,) = bias(contract, rows, np.array(list("1100")), np.array(list("1010")), ["gender"])
    assert [only[m] for m in ("DPPL", "DI", "AD", "RD")] == [None] * 4
