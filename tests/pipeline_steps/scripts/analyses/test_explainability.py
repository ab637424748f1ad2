"""What the model's answers are attributed to, against the baseline's order."""

import json
from pathlib import Path


def test_attributions_are_compared_with_the_baseline_s(analyse, serve, finished, tmp_path):
    serve(150)
    report, out, _ = analyse(analysis_type="MODEL_EXPLAINABILITY")
    assert report.metrics["label0: ndcg"].value >= 0.9
    assert report.state == "Completed"
    other = json.loads((Path(finished.baseline) / "explainability" / "analysis.json").read_text())
    values = other["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    ranked = sorted(values, key=values.get)
    values |= dict(zip(ranked, sorted(values.values(), reverse=True), strict=True))
    (tmp_path / "reversed.json").write_text(json.dumps(other))
    report, out, _ = analyse(analysis_type="MODEL_EXPLAINABILITY", baseline_constraints=str(tmp_path / "reversed.json"))
    [violation] = json.loads((out / "constraint_violations.json").read_text())["violations"]
    score = report.metrics["label0: ndcg"].value
    assert violation == {
        "label": "label0",
        "metric_name": "shap",
        "constraint_check_type": "feature_attribution_drift_check",
        "description": f"Feature attribution drift {score} exceeds threshold 0.9",
    }
