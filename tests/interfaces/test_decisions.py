"""A statement is of one decision and of no other."""

from interfaces.decisions import statement


def test_every_part_is_bound() -> None:
    base = statement("arn/7", "approve", "good")
    assert base == statement("arn/7", "approve", "good") and len(base) == 64
    others = [("arn/8", "approve", "good"), ("arn/7", "reject", "good"), ("arn/7", "approve", "goo"), ("arn/7", "approveg", "ood")]
    assert base not in {statement(*other) for other in others}
