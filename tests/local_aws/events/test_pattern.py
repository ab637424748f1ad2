"""Event patterns: every operator on values, arrays and absence, and refusal of what is not known."""

from typing import Any

import pytest

from local_aws.errors import AwsError
from local_aws.events.pattern import check, matches


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("a", ["a", ["b", "a"]], ["A", "b", ["b"], None]),
        (1, [1, 1.0], ["1", True, 2]),
        (True, [True], [1, "true"]),
        (None, [None], ["", 0]),
        ({"prefix": "eu-"}, ["eu-west"], ["us-eu-", 5]),
        ({"prefix": {"equals-ignore-case": "EU-"}}, ["eu-west", "Eu-"], ["us"]),
        ({"suffix": ".csv"}, ["x.csv", ["a", "b.csv"]], ["csv.x"]),
        ({"anything-but": "a"}, ["b", 1], ["a"]),
        ({"anything-but": ["a", "b"]}, ["c"], ["a", "b"]),
        ({"anything-but": 5}, [6, "5"], [5]),
        ({"anything-but": {"prefix": "tmp/"}}, ["data/x"], ["tmp/x"]),
        ({"anything-but": {"suffix": [".a", ".b"]}}, ["x.c"], ["x.a", "x.b"]),
        ({"anything-but": {"wildcard": "*/x/*"}}, ["a/y/b"], ["a/x/b"]),
        ({"numeric": [">", 0, "<=", 5]}, [0.1, 5], [0, 5.1, "3", True]),
        ({"numeric": ["=", 3]}, [3, 3.0], [4]),
        ({"equals-ignore-case": "Yes"}, ["YES", "yes"], ["no"]),
        ({"wildcard": "in/*/part-*.csv"}, ["in/a/part-1.csv", "in/a/b/part-.csv"], ["in/part-1.csv", "xin/a/part-1.csv"]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.7"], ["10.0.1.7", "text"]),
    ],
)
def test_operators(rule: Any, yes: list[Any], no: list[Any]) -> None:
    pattern = {"detail": {"x": [rule]}}
    check(pattern)
    assert [v for v in yes if not matches(pattern, {"detail": {"x": v}})] == []
    assert [v for v in no if matches(pattern, {"detail": {"x": v}})] == []
    assert not matches(pattern, {"detail": {}})


def test_existence() -> None:
    there, absent = {"d": {"x": [{"exists": True}]}}, {"d": {"x": [{"exists": False}]}}
    for event, present in (({"d": {"x": None}}, True), ({"d": {}}, False), ({}, False), ({"d": {"x": 0}}, True)):
        assert (matches(there, event), matches(absent, event)) == (present, not present)


def test_all_keys_must_match_and_any_rule_of_a_key() -> None:
    pattern = {"source": ["a", "b"], "detail": {"state": ["ok"], "n": [{"numeric": [">", 1]}, {"exists": False}]}}
    assert matches(pattern, {"source": "b", "detail": {"state": "ok"}})
    assert not matches(pattern, {"source": "b", "detail": {"state": "ok", "n": 1}})
    assert not matches(pattern, {"source": "c", "detail": {"state": "ok"}})


def test_or_takes_any_of_its_patterns() -> None:
    pattern = {"source": ["s"], "$or": [{"detail": {"a": [1]}}, {"detail": {"b": [{"prefix": "x"}]}}]}
    check(pattern)
    assert matches(pattern, {"source": "s", "detail": {"b": "xy"}})
    assert not matches(pattern, {"source": "s", "detail": {"a": 2, "b": "y"}})
    assert not matches(pattern, {"source": "t", "detail": {"a": 1}})


def test_arrays_of_objects_are_searched() -> None:
    pattern = {"detail": {"items": {"name": ["b"]}}}
    assert matches(pattern, {"detail": {"items": [{"name": "a"}, {"name": "b"}]}})
    assert not matches(pattern, {"detail": {"items": [{"name": "a"}]}})


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ({}, "must be a non-empty object"),
        ({"source": "a"}, "$.source must be an object or a non-empty list"),
        ({"source": []}, "$.source must be an object or a non-empty list"),
        ({"a": [[1]]}, "a list inside a list"),
        ({"a": [{"contains": "x"}]}, "$.a: unknown operator contains; known: prefix"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, "unknown operator prefix, suffix"),
        ({"a": [{"prefix": 5}]}, "$.a: prefix takes a text"),
        ({"a": [{"numeric": [">"]}]}, "numeric takes pairs"),
        ({"a": [{"numeric": ["~", 1]}]}, "numeric takes pairs"),
        ({"a": [{"numeric": [">", "x"]}]}, "numeric takes pairs"),
        ({"a": [{"exists": "yes"}]}, "exists takes true or false"),
        ({"a": [{"anything-but": {"numeric": [">", 1]}}]}, "unknown operator numeric inside anything-but"),
        ({"a": [{"anything-but": []}]}, "anything-but takes"),
        ({"$or": [{"a": [1]}]}, "$.$or must be a list of two or more"),
        ({"d": {"$or": [{"a": [1]}, {"a": [{"odd": 1}]}]}}, "unknown operator odd"),
    ],
)
def test_what_is_no_pattern_is_refused_by_name(pattern: Any, words: str) -> None:
    with pytest.raises(AwsError) as caught:
        check(pattern)
    assert caught.value.code == "InvalidEventPatternException"
    assert words in caught.value.message
