"""Reminders at their hours, each once; expiry after its days."""

from datetime import timedelta

import pytest

from lambdas.approve.waiting import Expire, Remind, Wait, due
from tests.lambdas.approve.support import NOW, policy

REVIEWERS = policy(reviewers={"remind_hours": 24, "expire_days": 3}).reviewers


@pytest.mark.parametrize(
    ("hours", "reminded", "expected"),
    [
        (0, 0, Wait()),
        (23.9, 0, Wait()),
        (24, 0, Remind(1, timedelta(hours=24))),
        (25, 1, Wait()),
        (49, 1, Remind(2, timedelta(hours=49))),
        (71, 0, Remind(2, timedelta(hours=71))),
    ],
)
def test_a_reminder_is_due_once_for_each_period(hours, reminded, expected):
    assert due(NOW - timedelta(hours=hours), NOW, reminded, REVIEWERS) == expected


def test_it_expires_whatever_reminders_were_sent():
    found = due(NOW - timedelta(days=3), NOW, 5, REVIEWERS)
    assert isinstance(found, Expire) and "nobody decided within 3 days" in found.reason
