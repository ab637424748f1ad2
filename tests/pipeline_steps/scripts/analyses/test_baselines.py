"""Baselines that are of something else, or damaged, are a state and no failed job."""

import copy
import json
import random
from pathlib import Path

import pytest

from interfaces.reports import BASELINE_MISMATCH, MONITOR_STATES

FOLDERS = {"DATA_QUALITY": "", "MODEL_QUALITY": "model_quality", "MODEL_BIAS": "bias", "MODEL_EXPLAINABILITY": "explainability"}
SETTINGS = {"constraints.json": "baseline_constraints", "statistics.json": "baseline_statistics", "analysis.json": "baseline_constraints"}
FILES = [
    ("DATA_QUALITY", "constraints.json"),
    ("DATA_QUALITY", "statistics.json"),
    ("MODEL_QUALITY", "constraints.json"),
    ("MODEL_QUALITY", "statistics.json"),
    ("MODEL_BIAS", "analysis.json"),
    ("MODEL_BIAS", "analysis_config.json"),
    ("MODEL_EXPLAINABILITY", "analysis.json"),
    ("MODEL_EXPLAINABILITY", "analysis_config.json"),
]
DROPPED = object()
VALUES = (None, "x", {}, [], [[]], -1.5, 0, True, DROPPED)


def places(value, before=()):
    """Where a single value can be changed; of a list the first two items."""
    yield before
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*before, key))
    elif isinstance(value, list):
        for place in range(min(len(value), 2)):
            yield from places(value[place], (*before, place))


def changed(value, place, new):
    if not place:
        return new
    out = copy.deepcopy(value)
    at = out
    for key in place[:-1]:
        at = at[key]
    if new is DROPPED:
        del at[place[-1]]
    else:
        at[place[-1]] = new
    return out


def mutants(value):
    return [(place, new) for place in places(value) for new in VALUES if place or new is not DROPPED]


def fuzzed(kind, file, analyse, serve, finished, tmp_path, most):
    serve(60)
    base = Path(finished.baseline)
    config = file == "analysis_config.json"
    value = json.loads(((base if config else base / FOLDERS[kind]) / file).read_text())
    target = tmp_path / "damaged" / file
    target.parent.mkdir()
    found = mutants(value)
    picked = random.Random(1).sample(found, min(most, len(found)))
    for place, new in picked:
        target.write_text(json.dumps(changed(value, place, new)))
        setting = "analysis_config" if config else SETTINGS[file]
        report, _, _ = analyse(analysis_type=kind, minimum_labels=1, **{setting: str(target)})
        assert report.state in MONITOR_STATES, (place, new)


@pytest.mark.parametrize(("kind", "file"), FILES)
def test_no_single_value_of_a_baseline_fails_a_run(kind, file, analyse, serve, finished, tmp_path):
    fuzzed(kind, file, analyse, serve, finished, tmp_path, most=12)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "file"), FILES)
def test_no_single_value_of_a_baseline_fails_a_run_at_length(kind, file, analyse, serve, finished, tmp_path):
    fuzzed(kind, file, analyse, serve, finished, tmp_path, most=100)


def constraints_of(finished):
    return json.loads((Path(finished.baseline) / "constraints.json").read_text())


@pytest.mark.parametrize(
    ("where", "new"),
    [
        (("monitoring_config",), None),
        (("monitoring_config", "distribution_constraints"), []),
        (("monitoring_config", "distribution_constraints", "comparison_method"), []),
        (("features", 0, "completeness"), None),
        (("features", 0, "inferred_type"), DROPPED),
        (("features", 0, "monitoring_config_overrides"), None),
        (("features", 1), 3),
    ],
)
def test_a_malformed_file_is_told_with_its_place(where, new, analyse, serve, finished, tmp_path):
    serve(60)
    (tmp_path / "odd.json").write_text(json.dumps(changed(constraints_of(finished), where, new)))
    report = analyse(baseline_constraints=str(tmp_path / "odd.json"))[0]
    assert report.state == BASELINE_MISMATCH
    assert str(where[-1]) in report.reason


def retyped(finished, tmp_path, count):
    """The baseline's constraints with that many columns of the other kind."""
    found = constraints_of(finished)
    for feature in found["features"][:count]:
        feature["inferred_type"] = "String" if feature["inferred_type"] in ("Integral", "Fractional") else "Integral"
    (tmp_path / "retyped.json").write_text(json.dumps(found))
    return str(tmp_path / "retyped.json")


def test_the_same_names_with_other_types_are_another_schema(analyse, serve, finished, tmp_path):
    serve(200)
    columns = len(constraints_of(finished)["features"])
    states = [analyse(baseline_constraints=retyped(finished, tmp_path, n))[0] for n in (columns, columns // 2 + 1, columns // 2)]
    assert [r.state == BASELINE_MISMATCH for r in states] == [True, True, False]
    assert "price (Fractional)" in states[0].reason
    assert "price (String)" in states[0].reason


def test_a_baseline_with_a_third_of_the_columns_is_another_schema(analyse, serve, finished, tmp_path):
    serve(200)
    found = constraints_of(finished)
    third = len(found["features"]) // 3
    for feature in found["features"][third:]:
        feature["name"] += "_before"
    (tmp_path / "third.json").write_text(json.dumps(found))
    assert analyse(baseline_constraints=str(tmp_path / "third.json"))[0].state == BASELINE_MISMATCH
