"""Bias metrics follow the documented formulas and the genuine file's numbers, order and spelling."""

import math

import numpy as np
import pytest

from model_code.monitoring import bias
from model_code.monitoring.bias import Outcomes


def rows_of(counts, **more):
    """Rows from counts by (group, label, prediction)."""
    rows = [key for key, n in counts.items() for _ in range(n)]
    group, label, predicted = (np.array(side, dtype=bool) for side in zip(*rows, strict=True))
    return Outcomes(group, label, predicted, **more)


# others: TN 40 FP 10 FN 5 TP 45; the group: TN 20 FP 5 FN 15 TP 10
COUNTS = {
    (0, 0, 0): 40, (0, 0, 1): 10, (0, 1, 0): 5, (0, 1, 1): 45,
    (1, 0, 0): 20, (1, 0, 1): 5, (1, 1, 0): 15, (1, 1, 1): 10,
}  # fmt: skip


def test_post_training_metrics_by_hand_in_genuine_order():
    found = bias.post_training(rows_of(COUNTS))
    assert list(found) == ["AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE"]
    expected = {
        "AD": 85 / 100 - 30 / 50,
        "DAR": 45 / 55 - 10 / 15,
        "DCA": 50 / 55 - 25 / 15,
        "DCR": 25 / 35 - 50 / 45,
        "DI": (15 / 50) / (55 / 100),
        "DPPL": 55 / 100 - 15 / 50,
        "DRR": 20 / 35 - 40 / 45,
        "RD": 45 / 50 - 10 / 25,
        "SD": 20 / 25 - 40 / 50,
        "TE": 15 / 5 - 5 / 10,
    }
    assert {k: v for k, v in found.items() if k in expected} == pytest.approx(expected)
    benefits = np.repeat([0, 1, 2], [20, 115, 15])  # false negatives, right ones, false positives
    assert found["GE"] == pytest.approx((((benefits / benefits.mean()) ** 2) - 1).mean() / 2)
    assert found["CDDPL"] == "Group variable is empty or not provided"


def test_pre_training_metrics_by_hand_in_genuine_order():
    found = bias.pre_training(rows_of({(0, 0, 0): 40, (0, 1, 0): 60, (1, 0, 0): 30, (1, 1, 0): 20}))
    assert list(found) == ["CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD"]
    assert (found["CI"], found["DPL"]) == pytest.approx((50 / 150, 0.6 - 0.4))
    assert found["KL"] == pytest.approx(0.4 * math.log(0.4 / 0.6) + 0.6 * math.log(0.6 / 0.4))
    pooled = 80 / 150  # of both groups together, as the genuine numbers below show
    others, group = (p * math.log(p / pooled) + (1 - p) * math.log((1 - p) / (1 - pooled)) for p in (0.6, 0.4))
    assert found["JS"] == pytest.approx((others + group) / 2)
    assert (found["KS"], found["LP"], found["TVD"]) == pytest.approx((0.2, 0.2 * 2**0.5, 0.2))


def test_the_numbers_of_a_genuine_file_belong_together():
    """All pre-training metrics of one genuine facet follow from its two shares and two sizes."""
    dpl = -0.017711586081682884
    low, high = 0.95, 0.9999
    for _ in range(200):  # the group's share, from KL alone
        middle = (low + high) / 2
        low, high = (middle, high) if _kl(middle + dpl, middle) < 0.008323488560379871 else (low, middle)
    shares = ((1 - low - dpl, low + dpl), (1 - low, low))
    sizes = (0.699e12, 0.301e12)  # CI is 0.398
    found = bias._label_metrics(np.array([[[sizes[g] * shares[g][y], 0] for y in (0, 1)] for g in (0, 1)]))
    expected = {
        "CI": 0.398,
        "DPL": dpl,
        "JS": 0.0020437563177422677,
        "KL": 0.008323488560379871,
        "KS": 0.017711586081682898,
        "LP": 0.025047965247854492,
        "TVD": 0.01771158608168289,
    }
    assert {k: found[k] for k in expected} == pytest.approx(expected, rel=1e-10)


def _kl(a, d):
    return a * math.log(a / d) + (1 - a) * math.log((1 - a) / (1 - d))


def test_a_model_that_accepts_everybody_has_the_genuine_file_s_zeros():
    """The genuine sample's model never rejects: DCR, DRR, FT, RD and TE are 0, DI 1, and AD, DAR and DCA equal DPL."""
    rows = rows_of({(0, 0, 1): 18, (0, 1, 1): 982, (1, 0, 1): 1, (1, 1, 1): 499}, numeric=np.zeros((1500, 1)))
    found, labels = bias.post_training(rows), bias.pre_training(rows)
    assert [found[k] for k in ("DCR", "DPPL", "DRR", "FT", "RD", "TE")] == [0.0] * 6
    assert found["DI"] == 1.0
    assert [found[k] for k in ("AD", "DAR", "DCA")] == pytest.approx([labels["DPL"]] * 3)


def test_division_by_zero_is_infinite_and_two_infinities_cancel():
    nobody_rejected = {(0, 0, 1): 5, (0, 1, 1): 5, (1, 0, 0): 5, (1, 1, 1): 5}
    found = bias.post_training(rows_of(nobody_rejected))
    assert (found["DCR"], found["DI"]) == (-math.inf, 0.5)
    both = {(0, 0, 1): 5, (0, 1, 1): 5, (1, 0, 1): 5, (1, 1, 1): 5}
    assert bias.post_training(rows_of(both))["DCR"] == 0.0


def test_conditional_disparity_is_weighted_by_the_strata():
    strata = np.array(["p"] * 100 + ["q"] * 50)
    rows = rows_of(COUNTS)
    found = bias.post_training(Outcomes(rows.group, rows.label, rows.predicted, strata=strata))["CDDPL"]
    # stratum p holds the first hundred rows, all of others: no disparity; q all of the group: none either
    assert found == 0.0
    mixed = Outcomes(np.array([1, 1, 0, 0] * 5, bool), np.ones(20, bool), np.array([0, 1, 1, 1] * 5, bool), strata=np.array(["z"] * 20))
    assert bias.post_training(mixed)["CDDPL"] == pytest.approx(1 - 5 / 15)


def test_the_flip_test_compares_with_the_nearest_of_the_others():
    here, there = np.zeros(20), np.ones(20)
    numeric = np.concatenate([here, there, here, there])[:, None]
    group = np.repeat([False, False, True, True], 20)
    predicted = np.repeat([True, False, False, False], 20)  # others near 0 are accepted, nobody of the group is
    assert bias.post_training(Outcomes(group, predicted, predicted, numeric))["FT"] == 0.5
    assert bias.post_training(Outcomes(group, predicted, predicted))["FT"] == "No features besides the facet are given"


@pytest.mark.parametrize(("group", "why"), [(0, "Facet set is empty"), (1, "Negated facet set is empty")])
def test_a_facet_that_is_nobody_or_everybody_has_no_value_and_says_why(group, why):
    rows = rows_of({(group, 0, 0): 3, (group, 1, 1): 3})
    assert set(bias.post_training(rows).values()) == {why, bias.NO_GROUP}
    assert bias.deviations(rows) == {}


def test_deviations_are_those_of_the_sampling():
    rows = rows_of(COUNTS)
    found = bias.deviations(rows, samples=400)
    expected = math.sqrt(0.55 * 0.45 / 100 + 0.3 * 0.7 / 50)  # of a difference of two shares
    assert found["DPPL"] == pytest.approx(expected, rel=0.15)
    assert {"FT", "CDDPL"}.isdisjoint(found)
