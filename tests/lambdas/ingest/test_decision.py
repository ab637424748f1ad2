"""What events ask of ingest."""

import pytest

from interfaces.events import DATASET_CREATED
from lambdas.ingest.decision import ReportFailure, StartIngest, StartPipeline, UnknownEvent, decide, execution_token


def landed(key: str, **mark: str) -> dict:
    return {"detail-type": "Object Created", "source": "aws.s3", "detail": {"object": {"key": key, "etag": "e", **mark}}}


def test_a_marker_starts_the_ingest_of_its_drop() -> None:
    assert decide(landed("drops/2026/05/_SUCCESS", **{"version-id": "v7"})) == StartIngest("2026/05", "drop/2026/05/v7")


def test_the_same_event_has_the_same_key_and_a_new_marker_another() -> None:
    first, again, new = (decide(landed("drops/a/_SUCCESS", sequencer=s)) for s in ("1", "1", "2"))
    assert first == again != new


@pytest.mark.parametrize("key", ["drops/a/data.csv", "other/a/_SUCCESS", "drops/_SUCCESS"])
def test_other_objects_are_refused_by_name(key: str) -> None:
    with pytest.raises(UnknownEvent, match=key):
        decide(landed(key))


def test_a_version_starts_one_execution_by_its_token() -> None:
    event = {"detail-type": DATASET_CREATED, "detail": {"dataset_version": "v1"}}
    assert decide(event) == StartPipeline("v1", execution_token("v1"))
    assert execution_token("v1") != execution_token("v2")
    assert 32 <= len(execution_token("v1")) <= 128  # SageMaker's bounds on ClientRequestToken


def test_a_broken_job_is_reported_with_its_reason() -> None:
    event = {"detail-type": "Glue Job State Change", "detail": {"jobRunId": "jr", "state": "TIMEOUT", "message": "too slow"}}
    assert decide(event) == ReportFailure("jr", "TIMEOUT: too slow")


def test_an_unknown_event_is_named() -> None:
    with pytest.raises(UnknownEvent, match="Surprise"):
        decide({"detail-type": "Surprise"})
