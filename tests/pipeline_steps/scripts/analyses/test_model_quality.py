"""Quality by the labels that came: stable, decayed, and whether the inputs or the concept did it."""

import json
from pathlib import Path
from typing import Any

from tests.pipeline_steps.scripts.traffic import END, dearer


def data_baseline(finished: Any) -> dict[str, str]:
    return {f"data_{name}": str(Path(finished.baseline) / f"{name}.json") for name in ("statistics", "constraints")}


def test_quality_like_the_baseline_s_is_stable(analyse, serve):
    serve(600)
    report, out, _ = analyse(analysis_type="MODEL_QUALITY", problem_type="BinaryClassification")
    assert report.verdict.state == "stable"
    assert (report.labels.labelled, report.labels.share) == (600, 1.0)
    assert report.labels.late == 600  # collected in the hour after the window
    measured = json.loads((out / "statistics.json").read_text())["binary_classification_metrics"]
    assert report.metrics["accuracy"].value == measured["accuracy"]["value"]
    assert report.metrics["accuracy"].baseline is not None


def test_a_concept_that_drifts_is_told_from_inputs_that_do(analyse, serve, finished, tmp_path):
    serve(600, relabel=lambda labels: labels.map({"0": "1", "1": "0"}))
    report, _, told = analyse(analysis_type="MODEL_QUALITY", **data_baseline(finished))
    assert (report.verdict.state, report.verdict.cause) == ("decayed", "concept")
    assert report.metrics["accuracy"].violated
    assert told.startswith("CompletedWithViolations")
    assert analyse(analysis_type="MODEL_QUALITY")[0].verdict.cause == "concept"  # found where the baseline step puts it
    alone = tmp_path / "alone.json"
    alone.write_text((Path(finished.baseline) / "model_quality" / "constraints.json").read_text())
    found = analyse(analysis_type="MODEL_QUALITY", baseline_constraints=str(alone), baseline_statistics="")[0].verdict
    assert (found.state, found.cause) == ("decayed", "unknown")


def test_a_hundred_labels_are_too_few_to_blame_the_concept(analyse, serve, finished):
    serve(100, relabel=lambda labels: labels.map({"0": "1", "1": "0"}))
    found = analyse(analysis_type="MODEL_QUALITY", **data_baseline(finished))[0].verdict
    assert (found.state, found.cause) == ("decayed", "unknown")
    assert "too few labels to tell whether inputs moved" in found.reason


def test_decay_where_inputs_moved_says_so(analyse, serve, finished):
    flipped = {"relabel": lambda labels: labels.map({"0": "1", "1": "0"})}
    serve(600, change=dearer, **flipped)
    report, _, _ = analyse(analysis_type="MODEL_QUALITY", **data_baseline(finished))
    assert (report.verdict.state, report.verdict.cause) == ("decayed", "inputs")
    assert "price" in report.verdict.reason


def test_below_the_minimum_of_labels_quality_stays_silent(analyse, serve, tmp_path):
    serve(200, relabel=lambda labels: labels.map({"0": "1", "1": "0"}))
    file = tmp_path / "labels" / END.strftime("%Y/%m/%d/%H") / "7.jsonl"
    file.write_text("\n".join(file.read_text().splitlines()[:40]))
    report, _, _ = analyse(analysis_type="MODEL_QUALITY", minimum_labels=50)
    assert (report.state, report.labels.labelled, report.labels.share) == ("TooFewLabels", 40, 0.2)
    assert (report.verdict, report.violations) == (None, 0)
    file.unlink()
    report, _, _ = analyse(analysis_type="MODEL_QUALITY")
    assert (report.state, report.labels.labelled) == ("TooFewLabels", 0)
