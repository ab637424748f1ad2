"""Bias of labels and predictions between a group and everyone else, by the metrics that SageMaker Clarify documents.

The group is d, the others a; 1 is the favourable outcome. Almost all metrics follow from eight counts: group by label by
prediction. The formulas are those of the Clarify documentation ("Measure Pre-training Bias", "Measure Post-training
Data and Model Bias"); division by zero is 0 for 0/0 and infinite else, and the difference of two infinities is 0, as in genuine files.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

NO_GROUP = "Group variable is empty or not provided"
NEIGHBOURS = 5
FLIP_ROWS = 5000  # per side: nearest neighbours are quadratic
MIN_SIDE, MIN_COUNT = 30, 10  # rows of a side, and of whatever a metric divides by: with fewer it says nothing certain
SMOOTHING = 0.5  # what a cell that did not occur may still hold (Jeffreys)

DESCRIPTIONS = {
    "AD": "Accuracy Difference (AD)",
    "CDDPL": "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
    "DAR": "Difference in Acceptance Rates (DAR)",
    "DCA": "Difference in Conditional Acceptance (DCA)",
    "DCR": "Difference in Conditional Rejection (DCR)",
    "DI": "Disparate Impact (DI)",
    "DPPL": "Difference in Positive Proportions in Predicted Labels (DPPL)",
    "DRR": "Difference in Rejection Rates (DRR)",
    "FT": "Flip Test (FT)",
    "GE": "Generalized Entropy (GE)",
    "RD": "Recall Difference (RD)",
    "SD": "Specificity Difference (SD)",
    "TE": "Treatment Equality (TE)",
    "CDDL": "Conditional Demographic Disparity in Labels (CDDL)",
    "CI": "Class Imbalance (CI)",
    "DPL": "Difference in Positive Proportions in Labels (DPL)",
    "JS": "Jensen-Shannon Divergence (JS)",
    "KL": "Kullback-Liebler Divergence (KL)",  # spelt so in genuine files
    "KS": "Kolmogorov-Smirnov Distance (KS)",
    "LP": "L-p Norm (LP)",
    "TVD": "Total Variation Distance (TVD)",
}
POST_TRAINING = ("AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE")
PRE_TRAINING = ("CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD")


class Undefined(ValueError):
    """A metric has no value on these rows: says why, in the words of the report."""


@dataclass(frozen=True)
class Outcomes:
    """Rows as booleans, shape (n,): in the group, labelled 1, predicted 1. ``numeric`` (n, k) holds the other
    features for the flip test, ``strata`` the group variable of the conditional metrics."""

    group: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    numeric: np.ndarray | None = None
    strata: np.ndarray | None = None

    def counts(self) -> np.ndarray:
        """Shape (2, 2, 2): in the group, label, prediction."""
        index = self.group * 4 + self.label * 2 + self.predicted * 1
        return np.bincount(index, minlength=8).reshape(2, 2, 2)


def pre_training(rows: Outcomes) -> dict[str, float | str]:
    """The documented metrics on labels, in genuine order; a text says why one has no value."""
    found: dict[str, float | str] = dict(_label_metrics(rows.counts())) if _both(rows) else {}
    found["CDDL"] = _conditional(rows, rows.label)
    return {name: found.get(name, _empty(rows)) for name in PRE_TRAINING}


def post_training(rows: Outcomes) -> dict[str, float | str]:
    """The documented metrics on predictions, in genuine order."""
    found: dict[str, float | str] = dict(_prediction_metrics(rows.counts())) if _both(rows) else {}
    found["CDDPL"] = _conditional(rows, rows.predicted)
    if _both(rows):
        found["FT"] = _flip_test(rows)
    return {name: found.get(name, _empty(rows)) for name in POST_TRAINING}


def deviations(rows: Outcomes, samples: int = 200, seed: int = 0) -> dict[str, float]:
    """Bootstrap standard deviation of each metric that the eight counts determine, where there are enough rows to tell.

    Samples are drawn from smoothed counts: an outcome that did not occur has not become impossible, and the deviation is never 0.
    """
    counts = rows.counts()
    least = _least(counts)
    if not least:
        return {}
    total = int(counts.sum())
    likely = (counts.ravel() + SMOOTHING) / (total + 8 * SMOOTHING)
    drawn = np.random.default_rng(seed).multinomial(total, likely, samples).reshape(samples, 2, 2, 2)
    values = [{**_label_metrics(c), **_prediction_metrics(c)} for c in drawn if c[0].sum() and c[1].sum()]
    out = {}
    for name in (name for name, count in least.items() if count >= MIN_COUNT):
        found = [v[name] for v in values]
        if found and all(math.isfinite(value) for value in found):
            out[name] = float(np.std(found))
    return out


def neutral(metric: str) -> float:
    """The value that means no bias."""
    return 1.0 if metric == "DI" else 0.0


def _least(counts: np.ndarray) -> dict[str, int]:
    """The smallest count that each metric divides by, of both sides; nothing where a side is too small for any."""
    labels, predictions = counts.sum(axis=2), counts.sum(axis=1)
    sides = counts.sum(axis=(1, 2))
    if sides.min() < MIN_SIDE:
        return {}
    by = {
        "sides": ("CI", "DPL", "KS", "LP", "TVD", "AD", "DPPL", "GE"),
        "outcomes": ("JS", "KL"),
        "accepted": ("DAR", "DCA"),
        "rejected": ("DCR", "DRR"),
        "favoured": ("DI",),
        "positives": ("RD",),
        "negatives": ("SD",),
        "false positives": ("TE",),
    }
    found = {
        "sides": sides.min(),
        "outcomes": labels.min(),
        "accepted": predictions[:, 1].min(),
        "rejected": predictions[:, 0].min(),
        "favoured": predictions[0, 1],
        "positives": labels[:, 1].min(),
        "negatives": labels[:, 0].min(),
        "false positives": counts[:, 0, 1].min(),
    }
    return {name: int(found[what]) for what, names in by.items() for name in names}


def _both(rows: Outcomes) -> bool:
    return bool(rows.group.any() and not rows.group.all())


def _empty(rows: Outcomes) -> str:
    return "Facet set is empty" if not rows.group.any() else "Negated facet set is empty"


def _divide(top: float, bottom: float) -> float:
    if bottom:
        return float(top / bottom)
    return 0.0 if not top else math.inf


def _less(one: float, other: float) -> float:
    return 0.0 if one == other else one - other


def _label_metrics(counts: np.ndarray) -> dict[str, float]:
    labels = counts.sum(axis=2)  # group by label
    n_a, n_d = labels.sum(axis=1)
    p_a, p_d = labels[0] / n_a, labels[1] / n_d
    gap = np.abs(p_a - p_d)
    # Of both groups together: so a genuine file has it, to 14 digits. The documentation's formula takes the mean of the two.
    middle = labels.sum(axis=0) / (n_a + n_d)
    return {
        "CI": float((n_a - n_d) / (n_a + n_d)),
        "DPL": float(p_a[1] - p_d[1]),
        "JS": (_divergence(p_a, middle) + _divergence(p_d, middle)) / 2,
        "KL": _divergence(p_a, p_d),
        "KS": float(gap.max()),
        "LP": float(np.sqrt((gap**2).sum())),
        "TVD": float(gap.sum() / 2),
    }


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Kullback and Leibler, natural logarithm, over the outcomes that both have."""
    both = (p > 0) & (q > 0)
    return float((p[both] * np.log(p[both] / q[both])).sum())


def _prediction_metrics(counts: np.ndarray) -> dict[str, float]:
    rates = [_rates(side) for side in counts]
    a, d = rates
    values: Mapping[str, tuple[float, float]] = {
        "AD": (a["accuracy"], d["accuracy"]),
        "DAR": (a["precision"], d["precision"]),
        "DCA": (a["acceptance"], d["acceptance"]),
        "DCR": (d["rejection"], a["rejection"]),
        "DPPL": (a["positive"], d["positive"]),
        "DRR": (d["rejected well"], a["rejected well"]),
        "RD": (a["recall"], d["recall"]),
        "SD": (d["specificity"], a["specificity"]),
        "TE": (d["treatment"], a["treatment"]),
    }
    out = {name: _less(one, other) for name, (one, other) in values.items()}
    out["DI"] = _divide(d["positive"], a["positive"])
    (tn, fp), (fn, tp) = counts.sum(axis=0)
    benefit = np.repeat([0.0, 1.0, 2.0], [fn, tn + tp, fp])  # prediction - label + 1
    out["GE"] = float(((benefit / benefit.mean()) ** 2 - 1).sum() / (2 * len(benefit))) if benefit.any() else 0.0
    return out


def _rates(side: np.ndarray) -> dict[str, float]:
    (tn, fp), (fn, tp) = side
    total = tn + fp + fn + tp
    return {
        "accuracy": _divide(tp + tn, total),
        "precision": _divide(tp, tp + fp),
        "acceptance": _divide(tp + fn, tp + fp),
        "rejection": _divide(tn + fp, tn + fn),
        "positive": _divide(tp + fp, total),
        "rejected well": _divide(tn, tn + fn),
        "recall": _divide(tp, tp + fn),
        "specificity": _divide(tn, tn + fp),
        "treatment": _divide(fn, fp),
    }


def _conditional(rows: Outcomes, outcome: np.ndarray) -> float | str:
    """Demographic disparity within each stratum, weighted by its size."""
    if rows.strata is None or not len(rows.strata):
        return NO_GROUP
    if outcome.all() or not outcome.any():
        return "No negative labels in set" if outcome.all() else "No positive labels in set"
    total = 0.0
    for value in np.unique(rows.strata):
        where = rows.strata == value
        rejected, accepted = where & ~outcome, where & outcome
        disparity = _divide((rejected & rows.group).sum(), rejected.sum()) - _divide((accepted & rows.group).sum(), accepted.sum())
        total += where.sum() * disparity
    return float(total / len(rows.strata))


def _flip_test(rows: Outcomes) -> float | str:
    """Share of the group that its nearest neighbours outside are treated better than, less that treated worse."""
    if rows.numeric is None or rows.numeric.shape[1] == 0:
        return "No features besides the facet are given"
    group, others = (np.flatnonzero(mask)[:FLIP_ROWS] for mask in (rows.group, ~rows.group))
    neighbours = KNeighborsClassifier(min(NEIGHBOURS, len(others)) if len(others) >= 2 * NEIGHBOURS else 1)
    neighbours.fit(rows.numeric[others], rows.predicted[others])
    elsewhere, here = neighbours.predict(rows.numeric[group]), rows.predicted[group]
    return float(((elsewhere & ~here).sum() - (here & ~elsewhere).sum()) / len(group))
