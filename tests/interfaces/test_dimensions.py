"""Any text becomes a value that CloudWatch documents to take, and two texts never the same one."""

import pytest

from interfaces.dimensions import LONGEST, dimension


@pytest.mark.parametrize("text", ["income", "sex=f: DPPL", "a b", "~x", "x" * LONGEST])
def test_what_may_stand_stands(text: str) -> None:
    assert dimension(text) == text


@pytest.mark.parametrize(
    ("text", "begins"), [("größe", "gr__e~"), ("a\tb", "a_b~"), ("", "~"), ("  ", "~"), (":x", "x~"), ("\udc80", "_~")]
)
def test_what_may_not_is_told_apart_by_a_mark(text: str, begins: str) -> None:
    assert dimension(text).startswith(begins) and len(dimension(text)) == len(begins) + 8


def test_texts_that_look_alike_stay_apart() -> None:
    texts = ["größe", "grüße", "gr__e", "", " ", "x" * 300, "x" * 301]
    found = {dimension(t) for t in texts}
    assert len(found) == len(texts)
    assert all(v.isascii() and v.strip() and len(v) <= LONGEST for v in found)
