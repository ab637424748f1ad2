"""Bias of labels and predictions between groups, against the baseline's."""

import json
from pathlib import Path


def test_bias_drifts_when_one_group_is_labelled_otherwise(analyse, serve, raw_rows):
    serve(900)
    fair, out, _ = analyse(analysis_type="MODEL_BIAS")
    analysis = json.loads((out / "analysis.json").read_text())
    assert set(analysis["post_training_bias_metrics"]["facets"]) == {"gender", "age"}
    assert fair.verdict.state == "stable"
    women = raw_rows(900, 7)["gender"] == "f"
    serve(900, relabel=lambda labels: labels.mask(women, "0"))
    report, out, _ = analyse(analysis_type="MODEL_BIAS")
    assert report.verdict.state == "decayed"
    assert "gender=f: DAR" in report.verdict.reason
    violations = json.loads((out / "constraint_violations.json").read_text())["violations"]
    assert report.violations == len(violations) > 0
    assert {"facet", "facet_value", "metric_name", "constraint_check_type", "description"} == set(violations[0])


def test_bias_without_a_sensitive_column_says_so(analyse, serve, finished, tmp_path):
    serve(150)
    config = json.loads((Path(finished.baseline) / "analysis_config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "facet": []}))
    report = analyse(analysis_type="MODEL_BIAS", analysis_config=str(tmp_path / "config.json"))[0]
    assert (report.state, "no sensitive feature" in report.reason) == ("BaselineMismatch", True)
