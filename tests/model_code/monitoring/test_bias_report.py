"""The bias monitor's files have the genuine form; drift is away from neutral, and the verdict asks for more than chance."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from interfaces.monitoring_config import ConstraintError
from model_code.monitoring import bias, bias_report
from model_code.monitoring.bias import Outcomes

CONFIG = {"facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}, {"name_or_index": "age", "value_or_threshold": [40]}]}


def people(count=2000, gap=0.0, seed=0):
    """Women are accepted with a share that is lower by ``gap``."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], count), "age": rng.integers(20, 60, count), "income": rng.normal(size=count)})
    label = rng.random(count) < 0.5
    predicted = rng.random(count) < np.where(frame["sex"] == "f", 0.5 - gap, 0.5)
    return frame, label, predicted


def seen_of(**how):
    return bias_report.outcomes(*people(**how), CONFIG)


def analysed(seen):
    return bias_report.analysis(seen, "hired", "1")


def compared(now, before):
    return bias_report.compare(analysed(now), analysed(before), bias_report.deviations(now), bias_report.deviations(before))


def test_the_form_is_that_of_a_genuine_file():
    found = analysed(seen_of())
    assert list(found) == ["version", "post_training_bias_metrics", "pre_training_bias_metrics"]
    stage = found["post_training_bias_metrics"]
    assert list(stage) == ["label", "facets", "label_value_or_threshold"]
    assert list(stage["facets"]) == ["sex", "age"]
    [women] = stage["facets"]["sex"]
    assert women["value_or_threshold"] == "f"
    assert women["metrics"][1] == {
        "name": "CDDPL",
        "description": "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
        "value": None,
        "error": "Group variable is empty or not provided",
    }
    assert set(women["metrics"][0]) == {"name", "description", "value"}
    kl = next(m for m in found["pre_training_bias_metrics"]["facets"]["sex"][0]["metrics"] if m["name"] == "KL")
    assert kl["description"] == "Kullback-Liebler Divergence (KL)"


def test_a_facet_is_its_values_or_what_lies_above_its_threshold():
    frame, label, predicted = people()
    seen = bias_report.outcomes(frame, label, predicted, CONFIG)
    assert set(seen) == {("sex", "f"), ("age", "40")}
    assert (seen["age", "40"].group == (frame["age"] > 40)).all()
    every = bias_report.outcomes(frame, label, predicted, {"facet": [{"name_or_index": "sex"}]})
    assert set(every) == {("sex", "f"), ("sex", "m")}
    grouped = bias_report.outcomes(frame, label, predicted, {**CONFIG, "group_variable": "sex"})
    assert isinstance(dict(grouped)["age", "40"].strata, np.ndarray)
    with pytest.raises(ConstraintError, match=r"names the column 'height'; there are: sex, age, income"):
        bias_report.outcomes(frame, label, predicted, {"facet": [{"name_or_index": "height"}]})


def test_a_group_that_is_treated_worse_is_found_and_told_in_the_genuine_words():
    violations, metrics, verdict = compared(seen_of(gap=0.2, seed=1), seen_of())
    assert verdict.state == "decayed"
    assert "sex=f: DPPL" in verdict.reason
    assert "age=40: DPPL" not in verdict.reason
    entry = metrics["sex=f: DPPL"]
    assert entry.violated
    [told] = [v for v in violations["violations"] if (v["facet"], v["metric_name"]) == ("sex", "DPPL")]
    assert told == {
        "facet": "sex",
        "facet_value": "f",
        "metric_name": "DPPL",
        "constraint_check_type": "bias_drift_check",
        "description": f"Metric value {entry.value} doesn't meet the baseline constraint requirement {entry.baseline}",
    }
    assert violations["version"] == "1.0"


def test_what_moves_towards_neutral_is_no_violation():
    _, metrics, verdict = compared(seen_of(seed=2), seen_of(gap=0.3))
    assert not metrics["sex=f: DPPL"].violated
    assert not metrics["sex=f: DI"].violated  # neutral at 1: from 0.4 up to it
    assert verdict.state == "stable"


def test_chance_violates_constraints_and_not_the_verdict():
    verdicts, violated = [], 0
    for seed in range(12):
        violations, _, verdict = compared(seen_of(count=600, seed=100 + seed), seen_of(count=600, seed=500 + seed))
        verdicts.append(verdict.state)
        violated += bool(violations["violations"])
    assert violated > 9
    assert verdicts.count("decayed") <= 1


@pytest.mark.parametrize("count", [2, 40])
def test_a_few_rows_say_nothing_for_certain(count):
    frame, _, predicted = people(count=count, gap=0.5)
    everybody = bias_report.outcomes(frame, np.ones(count, dtype=bool), predicted, CONFIG)
    verdict = compared(everybody, seen_of())[2]
    assert verdict.state == "undecided"
    assert "at least 30 rows on either side" in verdict.reason


def group_of(share, seed, worse=0.0, count=1000):
    rng = np.random.default_rng(seed)
    group, label = rng.random(count) < share, rng.random(count) < 0.3
    predicted = np.where(rng.random(count) < 0.9, label, rng.random(count) < 0.3)
    return {("group", "x"): Outcomes(group, label, predicted & ~(group & (rng.random(count) < worse)))}


def decayed(share, seeds, worse=0.0):
    return sum(compared(group_of(share, 2 * s, worse), group_of(share, 2 * s + 1))[2].state == "decayed" for s in range(seeds))


def test_an_outcome_that_does_not_occur_in_a_small_group_is_chance():
    assert decayed(0.035, 25) == 0


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.03, 0.05, 0.1, 0.25, 0.5])
def test_without_a_shift_a_verdict_is_wrong_in_at_most_one_of_a_hundred_windows(share):
    assert decayed(share, 200) <= 2


@pytest.mark.parametrize(("share", "least"), [(0.1, 14), (0.5, 15)])
def test_a_shift_is_found_in_small_groups_and_large_ones(share, least):
    assert decayed(share, 15, worse=0.9) >= least


def test_a_metric_whose_denominator_is_small_is_not_judged():
    [rows] = group_of(0.5, 1).values()
    never = Outcomes(rows.group, rows.label, rows.predicted & rows.label)  # no false positive to divide by
    assert "TE" not in bias.deviations(never)
    assert min(bias.deviations(never).values()) > 0


def test_infinity_is_told_in_words_and_kept_out_of_strict_json():
    frame, label, _ = people()
    nobody = np.where(frame["sex"] == "m", False, True)
    now = bias_report.outcomes(frame, label, nobody, CONFIG)
    violations, metrics, _ = compared(now, seen_of())
    told = [v["description"] for v in violations["violations"] if v["metric_name"] == "DI"]
    assert any(text.startswith("Metric value Infinity doesn't meet") for text in told)
    assert metrics["sex=f: DI"].value is None
    entry = next(m for m in analysed(now)["post_training_bias_metrics"]["facets"]["sex"][0]["metrics"] if m["name"] == "DI")
    assert (entry["value"], entry["error"]) == (math.inf, "The value is infinite")


@pytest.mark.parametrize(
    "content", [{}, {"version": "1.0"}, {"post_training_bias_metrics": 3}, {"post_training_bias_metrics": {"facets": {"a": [{}]}}}]
)
def test_a_baseline_of_another_form_is_refused(content):
    with pytest.raises(ConstraintError, match=r"not an analysis\.json of the bias monitor"):
        bias_report.compare(analysed(seen_of()), content, {}, None)


def test_a_baseline_from_its_file_is_the_baseline():
    before = json.loads(json.dumps(analysed(seen_of())))
    _, metrics, verdict = bias_report.compare(analysed(seen_of()), before, bias_report.deviations(seen_of()), None)
    assert not any(m.violated for m in metrics.values())
    assert verdict.state == "stable"
    assert bias_report.compare(analysed(seen_of(gap=0.3)), before, bias_report.deviations(seen_of(gap=0.3)), None)[2].state == "decayed"
    assert bias_report.compare(analysed(seen_of(gap=0.3)), before, bias_report.deviations(seen_of(gap=0.3)), {})[2].state == "undecided"


def test_the_favourable_outcome_is_a_label_or_what_lies_above_a_number():
    assert bias_report.favourable("binary", ["0", "1", "1"], ["1"]).tolist() == [False, True, True]
    assert bias_report.favourable("regression", [1.0, 3.0], [2.0]).tolist() == [False, True]
