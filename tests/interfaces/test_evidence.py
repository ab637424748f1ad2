"""Evidence is read back as it was written, and lies under its own digest."""

import pytest

from interfaces.evidence import Check, Evidence, digest, evidence_key

CHECK = Check("threshold.auc", 0.69, "at least 0.7", "failed", "on 180 rows")
EVIDENCE = Evidence("arn:…/7", "2026-11-25T00:00:00+00:00", "rejected", "too weak", (CHECK,), {"auc": 0.69}, {"uri": "s3://b/k"})


def test_it_is_read_back_as_written() -> None:
    assert Evidence.from_json(EVIDENCE.to_json()) == EVIDENCE


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="not a file of the format mlops-loop/evidence/1"):
        Evidence.from_json('{"format": "mlops-loop/evidence/9"}')


def test_its_name_is_its_content() -> None:
    sha256 = digest(EVIDENCE.to_json())
    assert evidence_key(7, sha256) == f"evidence/7/{sha256[:16]}.json"


def test_a_check_is_one_line() -> None:
    assert CHECK.line() == "threshold.auc: 0.69, at least 0.7: failed (on 180 rows)"
    assert Check("x", None, "y", "unknown").line() == "x: no number, y: unknown"
