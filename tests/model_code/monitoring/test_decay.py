"""The verdict is a test: it stays silent under chance, speaks when quality has decayed, and says what it knows of the cause."""

import numpy as np
import pytest
from scipy import stats

from model_code.monitoring import decay
from model_code.monitoring.quality import Labelled, statistics, suggest


def binary(n, errors, seed=0):
    truth = np.random.default_rng(seed).integers(0, 2, n)
    wrong = np.arange(n) < errors
    return Labelled("binary", truth, np.where(wrong, 1 - truth, truth), classes=("0", "1"))


def numbers(n, spread, seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    return Labelled("regression", truth, truth + rng.normal(0, spread, n))


BASE = {"mean": 0.2, "std_dev": 0.4, "count": 2000}


@pytest.mark.parametrize(("errors", "state"), [(100, "stable"), (210, "stable"), (240, "stable"), (270, "decayed"), (1000, "decayed")])
def test_a_rate_decays_beyond_margin_and_chance(errors, state):
    assert decay.verdict(binary(1000, errors), BASE).state == state


def test_few_labels_tell_nothing_and_say_so():
    assert decay.verdict(binary(29, 29), BASE).state == "undecided"
    assert decay.verdict(binary(500, 400), None).state == "undecided"


def test_the_cause_is_the_concept_only_if_somebody_looked_at_the_inputs():
    rows = binary(1000, 500)
    assert [decay.verdict(rows, BASE, drifted).cause for drifted in (None, [], ["price"])] == ["unknown", "concept", "inputs"]
    assert "price" in decay.verdict(rows, BASE, ["price"]).reason
    assert "error rate 0.5 against 0.2" in decay.verdict(rows, BASE).reason


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_window_like_the_baseline_is_called_decayed_in_less_than_one_of_a_hundred(kind):
    rng = np.random.default_rng(1)
    wrong = 0
    for seed in range(300):
        if kind == "binary":
            base, now = (binary(500, rng.binomial(500, 0.2)) for _ in range(2))
        else:
            base, now = numbers(500, 1.0, 2 * seed), numbers(500, 1.0, 2 * seed + 1)
        before = decay.baseline_loss(statistics(base), None, kind)
        wrong += decay.verdict(now, before).state == "decayed"
    assert wrong <= 3


def test_an_error_that_grows_by_half_is_found():
    before = decay.baseline_loss(statistics(numbers(2000, 1.0, 0)), None, "regression")
    assert decay.verdict(numbers(300, 1.5, 1), before).state == "decayed"
    assert decay.verdict(numbers(300, 0.5, 1), before).state == "stable"


def test_the_test_of_amounts_is_welch_s():
    rng = np.random.default_rng(2)
    now, before = rng.exponential(1.3, 200), rng.exponential(1.0, 400)
    base = {"mean": before.mean(), "std_dev": before.std(ddof=1), "count": 400}
    shifted = before * (1 + decay.MARGIN)
    expected = stats.ttest_ind(now, shifted, equal_var=False, alternative="greater").pvalue
    assert decay.test(now, base, binary=False) == pytest.approx(expected, rel=1e-9)


def test_without_statistics_the_constraints_say_what_the_loss_was():
    limits = suggest(statistics(binary(1000, 200)), "binary")
    assert decay.baseline_loss(None, limits, "binary") == {"mean": pytest.approx(0.2)}
    assert decay.verdict(binary(1000, 400), decay.baseline_loss(None, limits, "binary")).state == "decayed"
    amounts = suggest(statistics(numbers(100, 1, 0)), "regression")
    assert decay.baseline_loss(None, amounts, "regression")["mean"] > 0
    assert decay.baseline_loss(None, {}, "binary") is None


def test_extremes_have_an_answer():
    perfect = {"mean": 0.0, "std_dev": 0.0, "count": 1000}
    assert decay.verdict(binary(100, 0), perfect).state == "stable"
    assert decay.verdict(binary(100, 100), perfect).state == "decayed"
    same = Labelled("regression", np.ones(50), np.zeros(50))
    assert decay.verdict(same, perfect).state == "decayed"
    assert decay.verdict(same, {"mean": 1.0, "std_dev": 0.0, "count": 50}).state == "stable"


def test_no_concept_is_blamed_where_a_drift_might_go_unnoticed():
    found = decay.verdict(binary(1000, 500), BASE, [], ["age", "price"])
    assert (found.state, found.cause) == ("decayed", "unknown")
    assert "too few labels to tell whether inputs moved as well, by 0.25 or more: age, price" in found.reason
    assert decay.verdict(binary(1000, 500), BASE, ["price"], ["age"]).cause == "inputs"


def test_the_risk_is_one_in_a_thousand_and_the_margin_a_twentieth():
    known = {"mean": 0.2, "std_dev": 0.4}  # for certain
    states = {errors: decay.verdict(binary(10_000, errors), known) for errors in (2210, 2240)}
    assert decay.ALPHA < states[2210].p_value < 0.01  # 2100 would be the margin
    assert {errors: v.state for errors, v in states.items()} == {2210: "stable", 2240: "decayed"}
    assert decay.verdict(binary(1_000_000, 209_000), known).state == "stable"  # 4.5 % worse, of which a million labels leave no doubt
    assert decay.verdict(binary(1_000_000, 215_000), known).state == "decayed"
