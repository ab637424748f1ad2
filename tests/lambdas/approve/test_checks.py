"""Each check with its number, its limit and its outcome; what cannot be evaluated is unknown and never passes."""

import pytest

from interfaces.evidence import Check
from lambdas.approve.checks import checks
from lambdas.shared.champion import Champion
from tests.lambdas.approve.support import NOW, SERVING, policy, report


def check(name: str, found: dict, asked=None, serving: Champion | None = SERVING) -> Check:
    return next(c for c in checks(asked or policy(), found, "binary", NOW, serving) if c.check == name)


def test_a_good_model_holds_every_check():
    found = list(checks(policy(), report(), "binary", NOW, SERVING))
    assert [c.check for c in found] == [
        "threshold.auc", "threshold.accuracy", "champion.auc", "bias.DPPL", "bias.DI", "slices.auc", "behaviour.gender", "behaviour.safe",
        "artefact.size_mb", "artefact.row_ms", "artefact.batch_ms", "data.age_days",
    ]  # fmt: skip
    assert {c.outcome for c in found} == {"passed"}
    assert [c.number for c in found] == [0.75, 0.7, -0.01, 0.1, 0.9, 0.65, 0.95, 0.1, 2.0, 5.0, 40.0, 10.0]


OURS = "mlops_loop"
FAILS = {
    "threshold.auc": ("binary_classification_metrics.auc.value", 0.69),
    "champion.auc": (f"{OURS}.champion.lower", -0.021),
    "bias.DPPL": (f"{OURS}.bias.0.DPPL", -0.21),
    "bias.DI": (f"{OURS}.bias.0.DI", 1.3),
    "slices.auc": (f"{OURS}.slices.1.metrics", {"auc": 0.59}),
    "behaviour.gender": (f"{OURS}.behaviour.0.number", 0.89),
    "behaviour.safe": (f"{OURS}.behaviour.1.passed", False),
    "artefact.size_mb": (f"{OURS}.artefact.size_bytes", 10_000_001),
    "artefact.row_ms": (f"{OURS}.artefact.row_ms", 50.1),
    "artefact.batch_ms": (f"{OURS}.artefact.batch_ms", 501),
    "data.age_days": (f"{OURS}.data.newest_event_at", "2026-10-25T00:00:00+00:00"),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_misses_its_limit_fails_alone(name):
    path, value = FAILS[name]
    found = {c.check: c.outcome for c in checks(policy(), report(path, value), "binary", NOW, SERVING)}
    assert {n for n, outcome in found.items() if outcome != "passed"} == {name} and found[name] == "failed"


UNKNOWN = {
    "threshold.auc": ("binary_classification_metrics.auc.value", "NaN"),
    "champion.auc": (f"{OURS}.champion", ...),
    "bias.DPPL": (f"{OURS}.bias.0.DPPL", None),
    "bias.DI": (f"{OURS}.bias", []),
    "slices.auc": (f"{OURS}.slices.0.metrics", {"auc": None}),
    "behaviour.gender": (f"{OURS}.behaviour", []),
    "artefact.size_mb": (f"{OURS}.artefact", ...),
    "artefact.row_ms": (f"{OURS}.artefact.row_ms", float("nan")),
    "artefact.batch_ms": (f"{OURS}.artefact.batch_ms", True),
    "data.age_days": (f"{OURS}.data", {}),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_missing_or_no_number_is_unknown(name):
    path, value = UNKNOWN[name]
    found = check(name, report(path, value))
    assert (found.outcome, found.number) == ("unknown", None)


def test_without_a_report_everything_is_unknown():
    assert {c.outcome for c in checks(policy(), {}, "binary", NOW, SERVING)} == {"unknown"}


def test_without_a_champion_there_is_nothing_to_compare():
    found = check("champion.auc", report(f"{OURS}.champion", {"status": "none"}), serving=None)
    assert (found.outcome, found.detail) == ("not applicable", "nothing serves yet")


BESIDE = {
    "nothing": ({"status": "none"}, SERVING, "the evaluation was told of nothing to compare with, and arn:p/1 serves"),
    "another artefact": (
        {**report()[OURS]["champion"], "artefact": "s3://b/older.tar.gz"},
        SERVING,
        "compared with s3://b/older.tar.gz, and arn:p/1 serves: s3://b/champion.tar.gz",
    ),
    "an artefact without a name": ({k: v for k, v in report()[OURS]["champion"].items() if k != "artefact"}, SERVING, "unnamed artefact"),
    "a package that was deleted": ({"status": "none"}, Champion("arn:p/1", ""), "what serves cannot be told: arn:p/1 was deleted"),
    "a deleted one, by name": (report()[OURS]["champion"], Champion("arn:p/1", ""), "what serves cannot be told"),
}


@pytest.mark.parametrize(("compared", "serving", "words"), BESIDE.values(), ids=BESIDE.keys())
def test_what_was_not_compared_with_what_serves_is_unknown(compared, serving, words):
    found = check("champion.auc", report(f"{OURS}.champion", compared), serving=serving)
    assert found.outcome == "unknown" and words in found.detail


def test_the_comparison_with_what_served_before_the_first_release_was_undone_still_counts():
    assert check("champion.auc", report(), serving=None).outcome == "passed"


def test_what_cannot_be_compared_is_unknown_with_the_reason():
    found = check("champion.auc", report(f"{OURS}.champion", {"status": "not comparable", "reason": "another target"}))
    assert (found.outcome, found.detail) == ("unknown", "another target")


def test_a_comparison_by_another_metric_or_level_does_not_count():
    assert check("champion.auc", report(f"{OURS}.champion.metric", "f1")).outcome == "unknown"
    assert check("champion.auc", report(f"{OURS}.champion.significance", 0.2)).outcome == "unknown"


RULES = [
    # rule, margin, lower, upper, passes
    ("better", 0.01, 0.011, 0.05, True),
    ("better", 0.01, 0.01, 0.05, False),
    ("better", 0.0, 0.0, 0.0, False),
    ("non-inferior", 0.01, -0.01, 0.05, True),
    ("non-inferior", 0.01, -0.011, 0.05, False),
    ("not-worse", 0.01, -0.3, -0.01, True),
    ("not-worse", 0.01, -0.3, -0.011, False),
    ("not-worse", 0.0, -0.1, 0.0, True),
]


@pytest.mark.parametrize(("rule", "margin", "lower", "upper", "passes"), RULES)
def test_the_rule_says_which_bound_decides(rule, margin, lower, upper, passes):
    found = report(f"{OURS}.champion.lower", lower)
    found[OURS]["champion"]["upper"] = upper
    asked = policy(champion={"rule": rule, "margin": margin})
    assert (check("champion.auc", found, asked).outcome == "passed") is passes


def test_small_groups_and_slices_do_not_count_and_the_detail_names_the_worst():
    assert check("bias.DPPL", report()).detail == "gender f, 200 rows"
    assert check("slices.auc", report()).detail == "worst: gender m, 195 rows"
    tiny = policy(bias={"minimum_rows": 1})
    assert check("bias.DPPL", report(), tiny).number == 0.9


def groups(*found):
    return report(f"{OURS}.bias", [{"column": c, "value": v, "rows": n, **measures} for c, v, n, measures in found])


def test_a_large_group_that_could_not_be_measured_leaves_the_measure_unknown():
    asked = policy(bias={"limits": {"RD": 0.1}})
    given = [("job", "a", 500, {"RD": 0.01}), ("job", "b", 500, {"RD": None}), ("job", "c", 500, {"RD": 0.02})]
    found = check("bias.RD", groups(*given), asked)
    assert (found.outcome, found.detail) == ("unknown", "not defined on job b, 500 rows")
    assert check("bias.RD", groups(*given, ("job", "d", 500, {"RD": 0.11})), asked).outcome == "failed"
    small = ("job", "b", 49, {"RD": None})
    assert check("bias.RD", groups(given[0], small, given[2]), asked).outcome == "passed"


@pytest.mark.parametrize("other", [[], [("origin", "x", 49, {"DPPL": 0.0}), ("origin", "y", 49, {"DPPL": 0.0})]])
def test_every_column_that_is_asked_for_needs_a_group_that_is_large_enough(other):
    asked = policy(bias={"limits": {"DPPL": 0.2}, "columns": ["gender", "origin"]})
    gender = ("gender", "f", 500, {"DPPL": 0.01})
    found = check("bias.DPPL", groups(gender, *other), asked)
    assert (found.outcome, found.detail) == ("unknown", "no group of origin has 50 rows")
    assert check("bias.DPPL", groups(gender, ("origin", "x", 50, {"DPPL": 0.2})), asked).outcome == "passed"


def test_only_columns_that_are_asked_for_count():
    given = groups(("gender", "f", 500, {"DPPL": 0.01}), ("origin", "x", 500, {"DPPL": 0.9}))
    assert check("bias.DPPL", given, policy(bias={"limits": {"DPPL": 0.2}, "columns": ["gender"]})).outcome == "passed"
    assert check("bias.DPPL", given, policy(bias={"limits": {"DPPL": 0.2}})).outcome == "failed"


@pytest.mark.parametrize(("ratio", "outcome"), [(0.0, "failed"), (0.8, "passed"), (1.25, "passed"), (0.79, "failed"), (1.26, "failed")])
def test_a_ratio_is_held_both_ways_and_at_its_limit(ratio, outcome):
    given = groups(("gender", "f", 500, {"DI": ratio}), ("gender", "m", 500, {"DI": 1.0}))
    found = check("bias.DI", given, policy(bias={"limits": {"DI": 0.8}}))
    assert (found.outcome, found.number) == (outcome, ratio)


def test_a_behavioural_share_is_held_at_its_limit():
    assert check("behaviour.gender", report(f"{OURS}.behaviour.0.number", 0.9)).outcome == "passed"


@pytest.mark.parametrize(("stamp", "outcome"), [("2026-11-25T20:00:00+00:00", "passed"), ("2099-01-01T00:00:00+00:00", "unknown")])
def test_data_from_the_future_is_unknown(stamp, outcome):
    assert check("data.age_days", report(f"{OURS}.data.newest_event_at", stamp)).outcome == outcome


def test_an_error_metric_passes_downwards():
    asked = policy(thresholds={"rmse": 5.0}, champion={"rule": "off"}, slices={"floor": None}, bias={"limits": {}}, behaviour={})
    found = [{"regression_metrics": {"rmse": {"value": v}}} for v in (4.9, 5.0, 5.1)]
    outcomes = [next(checks(asked, f, "regression", NOW, SERVING)).outcome for f in found]
    assert outcomes == ["passed", "passed", "failed"]


def test_only_what_is_asked_for_is_checked():
    asked = policy(
        champion={"rule": "off"}, bias={"limits": {}}, slices={"floor": None}, behaviour={}, data={"max_age_days": None},
        artefact=dict.fromkeys(("max_size_mb", "max_row_ms", "max_batch_ms")),
    )  # fmt: skip
    assert [c.check for c in checks(asked, report(), "binary", NOW, SERVING)] == ["threshold.auc", "threshold.accuracy"] + [
        f"behaviour.{n}" for n in ("gender", "safe")
    ]


def test_data_without_an_event_time_is_as_old_as_its_version():
    found = check("data.age_days", report(f"{OURS}.data.newest_event_at", None))
    assert found.number == 5.0
