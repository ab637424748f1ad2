"""The analyzer's environment says the same on both sides, and a wrong one is refused by name."""

import pytest

from interfaces.analyzer import AnalyzerSettings
from interfaces.errors import SettingError


def test_what_one_side_sets_the_other_reads():
    settings = AnalyzerSettings(analysis_type="MODEL_QUALITY", start_time="2026-01-01T00:00:00Z", minimum_labels=7, problem_type="binary")
    variables = settings.environment()
    assert variables == {
        "analysis_type": "MODEL_QUALITY",
        "start_time": "2026-01-01T00:00:00Z",
        "minimum_labels": "7",
        "problem_type": "binary",
    }
    assert AnalyzerSettings.parse({**variables, "PATH": "/bin"}) == settings


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("analysis_type", "MODEL_MOOD", "allowed: DATA_QUALITY, MODEL_QUALITY"),
        ("distance", "close", "allowed: exact, deequ-compat"),
        ("start_time", "yesterday", "2026-01-31T13:00:00Z"),
        ("end_time", "2026-13-01T00:00:00Z", "is not a time"),
        ("minimum_rows", "-1", "is not a whole number"),
        ("dataset_format", "csv", "sagemakerCaptureJson, csv, json, parquet"),
        ("dataset_format", "{}", "sagemakerCaptureJson, csv, json, parquet"),
        ("problem_type", "ranking", "allowed: BinaryClassification"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value, told):
    with pytest.raises(SettingError, match=name) as refusal:
        AnalyzerSettings.parse({name: value})
    assert told in str(refusal.value)
