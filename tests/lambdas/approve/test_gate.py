"""The gate over a registry in memory: a person who decides while it looks is not overruled, and waiting begins anew when set back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lambdas.approve.gate import PENDING, Gate
from lambdas.shared.champion import Champion
from tests.lambdas.approve.support import NOW, SERVING, policy, report

ARN = "arn:p/7"
ASKED = policy(reviewers={"remind_hours": 24, "expire_days": 14})


class World:
    """One package. ``quick`` is what a person does while people are being told."""

    def __init__(self, found: dict[str, Any], **changes: Any) -> None:
        self.now, self.found, self.told, self.quick = NOW, found, list[str](), dict[str, Any]()
        self.reminders: dict[str, int] = {}
        self.held: dict[str, Any] = {
            "ModelApprovalStatus": PENDING, "ModelPackageVersion": 7, "CreationTime": NOW, "CustomerMetadataProperties": {}, **changes,
        }  # fmt: skip

    def package(self, arn: str) -> dict[str, Any]:
        assert arn == ARN
        return {**self.held, "CustomerMetadataProperties": dict(self.held["CustomerMetadataProperties"])}

    def update(self, arn: str, **changes: Any) -> None:
        metadata = {**self.held["CustomerMetadataProperties"], **changes.pop("CustomerMetadataProperties", {})}
        self.held |= {**changes, "CustomerMetadataProperties": metadata, "LastModifiedTime": self.now}

    def report(self, _: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return self.found, {}

    def serving(self) -> Champion:
        return SERVING

    def keep(self, key: str, _: str) -> str:
        return f"s3://b/{key}"

    def tell(self, subject: str, _: str) -> None:
        self.told.append(subject)
        if self.quick:
            self.update(ARN, **self.quick)

    def reminded(self, arn: str, since: str) -> int:
        return self.reminders.get(arn + since, 0)

    def count_reminder(self, arn: str, since: str, number: int) -> None:
        self.reminders[arn + since] = number

    def log(self, *_: Any) -> None:
        """Nothing reads it."""


def look(world: World, asked=ASKED) -> dict[str, Any]:
    def now() -> datetime:
        return world.now

    return Gate(world, asked, "binary", "loans-prod", lambda *_: None, now).look_at(ARN)


BY_ANN = {"ModelApprovalStatus": "Approved", "ApprovalDescription": "approved by ann: good"}
WEAK = ("binary_classification_metrics.auc.value", 0.1)


def test_a_person_who_decides_while_the_gate_judges_is_not_overruled():
    world = World(report(*WEAK))
    world.quick = BY_ANN
    assert look(world, policy(on_failure="reject"))["verdict"] == "none"
    assert world.held["ModelApprovalStatus"] == "Approved" and "verdict" not in world.held["CustomerMetadataProperties"]


def test_the_gate_judges_otherwise():
    world = World(report(*WEAK))
    assert look(world, policy(on_failure="reject"))["verdict"] == "rejected"
    assert world.held["ModelApprovalStatus"] == "Rejected"


@pytest.fixture
def old() -> World:
    """It has waited for 15 days."""
    world = World(report(*WEAK))
    look(world)
    world.now += timedelta(days=15)
    return world


def test_a_person_who_decides_while_a_package_expires_is_not_overruled(old):
    old.quick = BY_ANN
    assert look(old)["due"] == "none"
    assert (old.held["ModelApprovalStatus"], old.held["ApprovalDescription"]) == ("Approved", "approved by ann: good")


def test_a_package_that_is_set_back_to_waiting_waits_its_whole_time_again(old):
    assert look(old)["due"] == "Expire" and old.held["ModelApprovalStatus"] == "Rejected"
    old.now += timedelta(days=20)
    old.update(ARN, ModelApprovalStatus=PENDING, ApprovalDescription="let us look again")
    assert look(old)["due"] == "Wait"
    old.now += timedelta(hours=25)
    assert look(old)["due"] == "Remind" and look(old)["due"] == "Wait", "reminders are counted anew as well"
    old.now += timedelta(days=13)
    assert look(old)["due"] == "Expire"
    assert old.held["ModelApprovalStatus"] == "Rejected"
