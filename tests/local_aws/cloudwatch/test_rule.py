"""Rules of composite alarms."""

import pytest

from local_aws.cloudwatch.rule import parse
from local_aws.errors import AwsError

STATES = {"a": "ALARM", "b": "OK", "odd name": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ALARM(a)", True),
        ('ALARM("b")', False),
        ("OK(b) AND ALARM(a)", True),
        ("NOT ALARM(a)", False),
        ("ALARM(b) AND ALARM(b) OR ALARM(a)", True),
        ("ALARM(b) AND (ALARM(b) OR ALARM(a))", False),
        ("not ok(a) and alarm(a)", True),
        ('INSUFFICIENT_DATA("odd name")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", True),
        ("TRUE AND NOT FALSE", True),
    ],
)
def test_rules(text: str, holds: bool) -> None:
    assert parse(text)[0](lambda name: STATES[name]) is holds


def test_the_alarms_of_a_rule_are_known() -> None:
    assert parse('ALARM(a) OR NOT OK("odd name")')[1] == {"a", "odd name"}


@pytest.mark.parametrize("text", ["ALARM(a", "ALARM()", "a AND b", "ALARM(a) ALARM(b)", "", "AND ALARM(a)", 'ALARM("a)'])
def test_malformed_rules_are_refused(text: str) -> None:
    with pytest.raises(AwsError, match="is not valid"):
        parse(text)
