"""Golden rows: equal within what floats may differ in, and in time."""

import json
from typing import Any

import pytest

from lambdas.release.smoke import differences, too_slow

GOLDEN = {"rows": [{"x": 1}, {"x": 2}], "predictions": [{"label": "1", "probability": 0.25}, {"label": "0", "probability": 0.75}]}


def answer(*predictions: Any) -> bytes:
    return json.dumps({"predictions": list(predictions)}).encode()


def test_what_differs_in_the_last_digits_is_equal() -> None:
    assert differences(GOLDEN, answer({"label": "1", "probability": 0.25 + 1e-9}, {"label": "0", "probability": 0.75})) == ""


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (answer({"label": "1", "probability": 0.26}, GOLDEN["predictions"][1]), "golden row 0 was answered with"),
        (answer(GOLDEN["predictions"][0], {"label": "1", "probability": 0.75}), "golden row 1 was answered with"),
        (answer(GOLDEN["predictions"][0]), "2 golden rows were answered with 1 predictions"),
        (answer({"label": "1"}, GOLDEN["predictions"][1]), "golden row 0"),
        (answer({"label": "1", "probability": True}, GOLDEN["predictions"][1]), "golden row 0"),
        (answer({"label": "1", "probability": float("nan")}, GOLDEN["predictions"][1]), "golden row 0"),
        (b"<html>", "holds no predictions"),
        (b'["x"]', "holds no predictions"),
        *((json.dumps({"predictions": p}).encode(), "holds no predictions") for p in (None, 3, "ab", {"a": 1, "b": 2})),
    ],
)
def test_every_other_answer_is_wrong_and_named(found: bytes, words: str) -> None:
    assert words in differences(GOLDEN, found)


def test_an_answer_may_be_too_late() -> None:
    assert too_slow(0.2, 250) == ""
    assert too_slow(0.3, 250) == "one row took 300 ms; allowed: 250 ms"
