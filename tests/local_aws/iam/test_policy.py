"""IAM's evaluation logic: deny before allow, wildcards, conditions, and what a condition asks for in vain."""

from typing import Any

import pytest

from local_aws.errors import Unsupported
from local_aws.iam.policy import decide, matches

GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def verdict(*statements: dict[str, Any], action: str = "s3:GetObject", resource: str = "arn:aws:s3:::b/k", **context: list[str]) -> str:
    return decide(statements, action, resource, {k.replace("__", ":"): v for k, v in context.items()}).verdict


def test_nothing_is_allowed_that_no_statement_allows() -> None:
    assert verdict() == verdict(GET, action="s3:PutObject") == verdict(GET, resource="arn:aws:s3:::c/k") == "implicitDeny"
    assert verdict(GET) == "allowed"


def test_a_deny_wins() -> None:
    assert verdict(GET, {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["*"]}) == "explicitDeny"


def test_actions_are_compared_without_case_and_resources_with() -> None:
    assert verdict(GET, action="S3:getobject") == "allowed"
    assert verdict(GET, resource="arn:aws:s3:::B/k") == "implicitDeny"


@pytest.mark.parametrize(
    ("pattern", "text", "same"), [("a*c", "abbc", True), ("a?c", "abbc", False), ("a[b]c", "abc", False), ("*", "", True)]
)
def test_only_star_and_question_mark_are_special(pattern: str, text: str, same: bool) -> None:
    assert matches(pattern, text) is same


@pytest.mark.parametrize(
    ("operator", "expected", "given", "allowed"),
    [
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", "a*", ["ab"], False),
        ("StringLike", "a*", ["ab"], True),
        ("StringNotEquals", "a", ["b"], True),
        ("StringNotEquals", "a", ["a"], False),
        ("ArnLike", "arn:aws:iam::1:role/*", ["arn:aws:iam::1:role/r"], True),
        ("Bool", "true", ["True"], True),
        ("ForAnyValue:StringEquals", "a", ["x", "a"], True),
        ("StringEqualsIfExists", "a", ["b"], False),
    ],
)
def test_conditions(operator: str, expected: Any, given: list[str], allowed: bool) -> None:
    statement = {**GET, "Condition": {operator: {"iam:PassedToService": expected}}}
    assert (verdict(statement, iam__passedtoservice=given) == "allowed") is allowed


def test_a_key_that_the_request_lacks_is_named() -> None:
    decision = decide([{**GET, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}], "s3:GetObject", "arn:aws:s3:::b/k", {})
    assert (decision.verdict, decision.missing) == ("implicitDeny", ("aws:SourceAccount",))
    assert verdict({**GET, "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}}) == "allowed"


@pytest.mark.parametrize("statement", [{**GET, "Condition": {"DateLessThan": {"aws:CurrentTime": "x"}}}])
def test_what_it_does_not_know_is_refused_by_name(statement: dict[str, Any]) -> None:
    with pytest.raises(Unsupported, match="DateLessThan"):
        verdict(statement)


def test_what_a_statement_excepts_is_not_covered_and_everything_else_is() -> None:
    others = {"Effect": "Allow", "NotAction": ["s3:Delete*", "kms:*"], "NotResource": "arn:aws:s3:::secret/*"}
    assert verdict(others) == "allowed"
    assert verdict(others, action="s3:deleteObject") == verdict(others, resource="arn:aws:s3:::secret/k") == "implicitDeny"
