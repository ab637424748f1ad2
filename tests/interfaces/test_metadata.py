"""Metadata within SageMaker's limits."""

from interfaces.metadata import clean


def test_what_sagemaker_forbids_becomes_a_blank_or_nothing_and_what_is_too_long_ends() -> None:
    assert clean({"a": '<b>,100%({"c"})', "long": "x" * 300}) == {"a": "b 100 c", "long": "x" * 256}
    assert clean({"why": "0.3 (allowed 0.1, Robust); more"}) == {"why": "0.3 allowed 0.1 Robust; more"}
