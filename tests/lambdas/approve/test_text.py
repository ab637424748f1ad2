"""A notification carries every check, where the evidence is, and the commands that decide."""

from datetime import timedelta

from lambdas.approve import text
from lambdas.approve.decision import decide
from tests.lambdas.approve.support import NOW, SERVING, policy, report

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/loans-dev-models/7"


def test_the_notification_is_enough_to_decide():
    verdict = decide(policy(), report("binary_classification_metrics.auc.value", 0.69), "binary", NOW, SERVING)
    subject, body = text.verdict("loans-dev", ARN, verdict, "s3://b/evidence/7/ab.json")
    assert subject == "loans-dev: a model waits for a decision"
    assert "threshold.auc: 0.69, at least 0.7: failed" in body and "data.age_days: 10, at most 30: passed" in body
    assert "s3://b/evidence/7/ab.json" in body
    for verb in ("approve", "reject"):
        assert f'loop {verb} 7 --environment loans-dev --reason "…"' in body


def test_a_rejection_says_so():
    verdict = decide(policy(on_failure="reject"), report("binary_classification_metrics.auc.value", 0.1), "binary", NOW, SERVING)
    assert text.verdict("loans-dev", ARN, verdict, "s3://b/e")[0] == "loans-dev: a model was rejected by the gate"


def test_a_reminder_says_for_how_long():
    subject, body = text.reminder("loans-dev", ARN, {"verdict_reason": "too weak", "evidence_uri": "s3://b/e"}, timedelta(hours=49))
    assert "has waited for 49 hours. too weak" in body and "s3://b/e" in body and "still waits" in subject
