"""Who changed a status is noted once, and not where the change was ours."""

from datetime import UTC, datetime

from lambdas.approve.observed import note
from lambdas.shared.package import signed

ARN = "arn:aws:sts::123456789012:assumed-role/reviewer/ann"
PACKAGE = {
    "ModelApprovalStatus": "Approved",
    "ApprovalDescription": "looks good",
    "LastModifiedBy": {"UserProfileName": "ann", "IamIdentity": {"Arn": ARN}},
    "LastModifiedTime": datetime(2026, 11, 25, tzinfo=UTC),
}


def test_a_status_change_is_noted_with_the_identity_that_sagemaker_names():
    found = note(PACKAGE)
    assert found is not None
    assert (found["decided_by"], found["decided_at"], found["decided_via"]) == (ARN, "2026-11-25T00:00:00+00:00", "status change")


def test_what_is_noted_is_not_noted_again_until_status_or_words_change():
    noted = {**PACKAGE, "CustomerMetadataProperties": note(PACKAGE)}
    assert note(noted) is None
    assert note({**noted, "ModelApprovalStatus": "Rejected"}) is not None
    assert note({**noted, "ApprovalDescription": "still good"}) is not None


def test_our_own_decisions_are_left_alone():
    by = signed("Approved", "looks good", "gate", "2026-11-25", "gate")
    assert note({**PACKAGE, "CustomerMetadataProperties": by}) is None


def test_without_an_identity_the_profile_or_nobody_is_named():
    assert note({**PACKAGE, "LastModifiedBy": {"UserProfileName": "ann"}})["decided_by"] == "ann"
    assert note({**PACKAGE, "LastModifiedBy": {}})["decided_by"] == "not reported by SageMaker"
