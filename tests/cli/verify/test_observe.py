"""What differs from run to run is replaced by what it stands for, and nothing else."""

import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cli.verify.drive import Run
from cli.verify.observe import layout
from interfaces.names import Names

RUN = Run("1", "verify-1", 0.0, execution="arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abcdefghijkl")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "capture/loans-dev-endpoint/AllTraffic/2026/11/25/04/25-49-197-7f3e1d2a-0000-4000-8000-123456789abc.jsonl",
            "capture/{prefix}-endpoint/AllTraffic/{hour}/{time}-{uuid}.jsonl",
        ),
        (
            "s3://loans-dev-artefacts-123456789012-eu-central-1/runs/abcdefghijkl/train/pipelines-abcdefghijkl-Train-8f421ca27d/model.tar.gz",
            "s3://{prefix}-artefacts-{account}-{region}/runs/{execution}/train/pipelines-{execution}-Train-{suffix}/model.tar.gz",
        ),
        ("{job}/algo-1-1795580737", "{job}/algo-1-{seconds}"),
        ("capture/year=2026/x.jsonl", "capture/year=2026/x.jsonl"),
    ],
)
def test_layouts(text: str, expected: str) -> None:
    assert layout(text, Names("loans", "dev"), RUN) == expected


ALPHABET = string.ascii_letters + string.digits


@given(st.text(string.ascii_lowercase + string.digits, min_size=12, max_size=12), st.text(ALPHABET, min_size=10, max_size=12))
@example("123456789012", "1234567890")  # all digits: not a time in seconds, not an account
@example("abcdefghijkl", "abcdefghij")
def test_no_random_name_is_taken_for_something_else(execution: str, suffix: str) -> None:
    assume(execution != suffix)
    run = Run("1", "verify-1", 0.0, execution=f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/{execution}")
    text = f"runs/{execution}/train/model/pipelines-{execution}-Train-{suffix}/output/model.tar.gz"
    expected = "runs/{execution}/train/model/pipelines-{execution}-Train-{suffix}/output/model.tar.gz"
    assert layout(text, Names("loans", "dev"), run) == expected
