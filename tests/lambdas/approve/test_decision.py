"""Approve, reject, or leave for a person, with the reason."""

import pytest

from lambdas.approve.decision import decide
from tests.lambdas.approve.support import NOW, SERVING, policy, report

WEAK = ("binary_classification_metrics.auc.value", 0.69)
UNREADABLE = ("mlops_loop.champion", ...)
CASES = {
    "all holds": (policy(), report(), "approved", "approved automatically: threshold.auc: 0.75, at least 0.7; 12 checks hold"),
    "too weak": (policy(), report(*WEAK), "needs-a-person", "left for a person: threshold.auc: 0.69, at least 0.7: failed"),
    "too weak where that rejects": (policy(on_failure="reject"), report(*WEAK), "rejected", "rejected by the gate: threshold.auc: 0.69"),
    "unknown where failing rejects": (policy(on_failure="reject"), report(*UNREADABLE), "needs-a-person", "champion.auc: no number"),
    "a person is asked for": (policy(reviewers={"required": 1}), report(), "needs-a-person", "asks for a person's decision"),
    "too weak, and a person is asked for": (policy(reviewers={"required": 1}), report(*WEAK), "needs-a-person", "0.69"),
    "nothing was measured": (policy(), {}, "needs-a-person", "no number"),
    "not compared": (policy(), report("mlops_loop.champion", {"status": "none"}), "needs-a-person", "and arn:p/1 serves"),
}


@pytest.mark.parametrize(("asked", "found", "verdict", "words"), CASES.values(), ids=CASES.keys())
def test_the_verdict_and_its_reason(asked, found, verdict, words):
    judged = decide(asked, found, "binary", NOW, SERVING)
    assert judged.verdict == verdict and words in judged.reason


def test_a_first_model_is_approved_without_a_comparison():
    judged = decide(policy(), report("mlops_loop.champion", {"status": "none"}), "binary", NOW, None)
    assert judged.verdict == "approved" and "12 checks hold" in judged.reason


@pytest.mark.parametrize("broken", [None, "NaN", float("nan"), float("inf"), True])
def test_what_cannot_be_evaluated_is_never_approved(broken):
    judged = decide(policy(thresholds={"auc": 0.0}), report("binary_classification_metrics.auc.value", broken), "binary", NOW, SERVING)
    assert judged.verdict == "needs-a-person"


def test_a_policy_that_asks_for_nothing_approves_nothing():
    nothing = policy(
        thresholds={}, champion={"rule": "off"}, bias={"limits": {}}, slices={"floor": None}, data={"max_age_days": None},
        artefact=dict.fromkeys(("max_size_mb", "max_row_ms", "max_batch_ms")),
        behaviour={"invariance": [], "functionality": []},
    )  # fmt: skip
    assert decide(nothing, report(), "binary", NOW, SERVING).verdict == "needs-a-person"


def test_metadata_and_description_keep_to_sagemakers_limits():
    failing = decide(policy(thresholds={"auc": 0.99, "accuracy": 0.99}), report(), "binary", NOW, SERVING)
    metadata = failing.metadata("s3://bucket/evidence/1/ab.json", "ab" * 32)
    assert metadata["evidence_uri"] == "s3://bucket/evidence/1/ab.json" and metadata["evidence_sha256"] == "ab" * 32
    assert metadata["verdict"] == "needs-a-person" and metadata["metric_auc"] == "0.75"
    assert all(len(v) <= 256 and not set(v) & set('<>,%(){}"') for v in metadata.values())
    assert len(failing.description) <= 1024
