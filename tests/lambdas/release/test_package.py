"""When a package was decided on: as noted with the decision, whatever else is written on it later."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from lambdas.release.package import Package
from lambdas.shared.package import signed

DECIDED, LATER = datetime(2026, 11, 25, 10, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC)


def described(**changes: Any) -> dict[str, Any]:
    base = {"ModelPackageArn": "a", "ModelApprovalStatus": "Approved", "ApprovalDescription": "good", "LastModifiedTime": LATER}
    return {**base, "CreationTime": DECIDED, **changes}


def test_a_later_note_on_the_package_does_not_move_the_decision() -> None:
    by = signed("Approved", "good", "ann", DECIDED.isoformat(), "loop")
    assert Package.of(described(CustomerMetadataProperties=by)).modified == "2026-11-25T10:00:00.000000+00:00"


def test_a_note_on_another_decision_does_not_count() -> None:
    by = signed("Rejected", "bad", "ann", DECIDED.isoformat(), "loop")
    assert Package.of(described(CustomerMetadataProperties=by)).modified.startswith("2026-11-26")


def test_times_sort_whatever_their_zone() -> None:
    east = LATER.astimezone(timezone(timedelta(hours=9)))
    assert Package.of(described(LastModifiedTime=east)).modified == Package.of(described()).modified
