"""Which approvals are decisions, and which of them a recorded decision covers."""

from dataclasses import replace

import pytest

from interfaces.decisions import Record
from lambdas.release.approval import Seen, covers, held, new_decision


@pytest.mark.parametrize(
    ("status", "words", "seen", "new"),
    [
        ("Approved", "", ("", ""), True),
        ("Approved", "x", ("PendingManualApproval", ""), True),
        ("Approved", "x", ("Approved", "x"), False),
        ("Approved", "again", ("Approved", "x"), True),
        ("Rejected", "x", ("Approved", "x"), False),
        ("PendingManualApproval", "", ("", ""), False),
    ],
)
def test_a_decision_is_a_transition_to_approved(status: str, words: str, seen: tuple[str, str], new: bool) -> None:
    assert new_decision(Seen(status, words), Seen(*seen)) is new


def test_the_same_words_by_another_record_are_another_decision() -> None:
    first, second = (Seen("Approved", "x", time) for time in ("t1", "t2"))
    assert new_decision(second, first)
    assert not new_decision(first, first)
    noted_later = Seen("Approved", "x")
    assert not new_decision(first, noted_later) and not new_decision(noted_later, first)
    assert not new_decision(Seen("Rejected", "x", "t2"), first)


RECORD = Record("20261125T000000Z ab", "p", "approve", "good", "arn:aws:sts::1:assumed-role/reviewer/ann", "2026-11-25T00:00:00+00:00")
SET = Seen("Approved", f"approved by {RECORD.caller}: good", RECORD.recorded_at)
HELD = {
    "decided and new": (RECORD, "", SET, ""),
    "decided anew": (RECORD, "20261101T000000Z cd", SET, ""),
    "nobody decided": (None, "", SET, "no authenticated caller has decided on it"),
    "decided against": (replace(RECORD, decision="reject"), "", SET, "ann decided to reject it on 2026-11-25T00:00:00+00:00: good"),
    "released by that decision before": (RECORD, RECORD.id, SET, "was released before"),
    "other words": (RECORD, "", replace(SET, description="a typo mended"), "it was changed since the decision"),
    "other time": (RECORD, "", replace(SET, decided="2026-11-26T00:00:00+00:00"), "it was changed since the decision"),
    "set by somebody else in the same words": (RECORD, "", replace(SET, decided=""), "it was changed since the decision"),
}


@pytest.mark.parametrize(("record", "used", "approval", "why"), HELD.values(), ids=HELD.keys())
def test_an_approval_is_held_unless_an_authenticated_caller_decided_on_it(
    record: Record | None, used: str, approval: Seen, why: str
) -> None:
    found = held(record, used, approval)
    assert why in found and bool(found) == bool(why)


def test_a_record_covers_what_it_set() -> None:
    assert covers(RECORD, SET) and not covers(RECORD, replace(SET, decided=""))
