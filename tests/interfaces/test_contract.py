"""The contract refuses what cannot be used, survives its own file, and means the same on both sides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.contract import Contract, ContractError, from_dict, parse

X = {"type": "number"}
Y = {"type": "integer", "allowed": ["0", "1"]}
BASE = {
    "name": "table",
    "target": "y",
    "problem_type": "binary",
    "positive_label": "1",
    "columns": {"x": X, "t": {"type": "timestamp"}, "y": Y},
}


def column(name, **spec):
    return {"columns": {**BASE["columns"], name: {**BASE["columns"].get(name, {}), **spec}}}


MULTICLASS = {"problem_type": "multiclass"}
FAULTS = {
    "unknown key": ({"targt": "y"}, "targt", "an unknown key", "problem_type"),
    "unknown column key": (column("x", minimum=0), "columns.x: minimum", "an unknown key", "nullable"),
    "wrong type of a text": ({"name": 5}, "name", 5, "non-empty string"),
    "empty text": ({"name": ""}, "name", "", "non-empty string"),
    "list for a name": ({"target": ["y"]}, "target", ["y"], "one of t, x, y"),
    "number in a list of texts": ({"missing": [-9]}, "missing", [-9], "list of strings"),
    "wrong type of a list": ({"exclude": "x"}, "exclude", "x", "list of strings"),
    "wrong type of a flag": (column("x", nullable="yes"), "columns.x.nullable", "yes", "true or false"),
    "column that is no table": ({"columns": {"x": "number"}}, "columns.x", "number", "a table with type"),
    "no columns": ({"columns": {}}, "columns", {}, "at least one"),
    "unknown column type": (column("x", type="float"), "columns.x.type", "float", "integer, number, string"),
    "target not a column": ({"target": "z"}, "target", "z", "one of t, x, y"),
    "unknown problem type": ({"problem_type": "ranking"}, "problem_type", "ranking", "binary, multiclass, regression"),
    "identifier not a column": ({"identifiers": ["z"]}, "identifiers", "z", "one of t, x, y"),
    "one class": (column("y", allowed=["1"]), "columns.y.allowed", ["1"], "two class labels"),
    "multiclass of two": (MULTICLASS, "columns.y.allowed", ["0", "1"], "three or more"),
    "no positive label": ({"positive_label": "2"}, "positive_label", "2", "one of 0, 1"),
    "regression on text": (
        {"problem_type": "regression", **column("y", type="string")},
        "columns.y.type",
        "string",
        "integer or number",
    ),
    "labels of a fraction": (column("y", type="number"), "columns.y.type", "number", "integer, boolean or string"),
    "labels lost by a boolean": (
        {"positive_label": "yes", **column("y", type="boolean", allowed=["no", "yes"])},
        "columns.y.allowed",
        ["no", "yes"],
        "true and false",
    ),
    "labels lost by an integer": (column("y", allowed=["1", "02"]), "columns.y.allowed", ["02"], "without leading zeros"),
    "bound on a text column": (column("x", type="string", min=1), "columns.x.min", 1, "no bound on a column of type string"),
    "min above max": (column("x", min=5, max=4), "columns.x.min", 5, "not above max (4)"),
    "bound that is no number": (column("x", max="9"), "columns.x.max", "9", "a finite number"),
    "infinite bound": (column("x", max=float("inf")), "columns.x.max", float("inf"), "a finite number"),
    "value twice": (column("y", allowed=["0", "0"]), "columns.y: allowed", ["0", "0"], "no value twice"),
    "event time not a column": ({"event_time": "when"}, "event_time", "when", "one of t, x, y"),
    "event time not a timestamp": ({"event_time": "x"}, "columns.x.type", "number", "timestamp"),
    "no feature left": ({"exclude": ["x", "t"]}, "columns", [], "at least one feature"),
}


@pytest.mark.parametrize(("change", "place", "found", "allowed"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_names_place_found_and_allowed(change, place, found, allowed):
    with pytest.raises(ContractError) as caught:
        from_dict({**BASE, **change}, "contract.toml")
    error = caught.value
    assert (error.where, error.found) == (f"contract.toml: {place}", found)
    assert allowed in error.allowed
    assert str(error) == f"{error.where}: found {found!r}; allowed: {error.allowed}"


def test_broken_toml_names_the_file_and_line():
    with pytest.raises(ContractError, match=r"visits\.toml: .*line 2.*valid TOML"):
        parse('name = "visits"\ntarget =\n', "visits.toml")


def test_features_keep_the_file_order_without_target_identifiers_event_time_and_exclude():
    columns = {name: {"type": "number"} for name in "hgfedcba"} | {"t": {"type": "timestamp"}, "y": Y}
    raw = {**BASE, "columns": columns, "identifiers": ["g"], "exclude": ["e"], "event_time": "t"}
    assert [c.name for c in from_dict(raw).features] == list("hfdcba")


def test_classes_are_the_allowed_labels_of_the_target():
    assert from_dict(BASE).classes == ("0", "1")
    assert from_dict({**BASE, **MULTICLASS, **column("y", allowed=["0", "1", "-2"])}).classes == ("0", "1", "-2")


def test_roles_are_kept_as_the_file_gives_them():
    contract = from_dict({**BASE, "sensitive": ["x"], "exclude": ["t"], "identifiers": ["t"]})
    assert (contract.sensitive, contract.exclude, contract.identifiers) == (("x",), ("t",), ("t",))
    assert contract.column("x").nullable is False


def test_missing_texts_have_a_default_and_can_be_replaced():
    assert "?" in from_dict(BASE).missing
    assert from_dict({**BASE, "missing": ["-9"]}).missing == ("-9",)


def test_notes_become_comments_above_their_column_and_nothing_else():
    contract = from_dict(BASE)
    text = contract.to_toml({"x": "first\nsecond = 1"})
    assert "# first\n# second = 1\n[columns.x]\n" in text
    assert parse(text) == contract


def test_fingerprint_ignores_spelling_and_notices_meaning():
    contract = from_dict(BASE)
    assert parse("# a comment\n" + contract.to_toml({"x": "note"})).fingerprint() == contract.fingerprint()
    others = [
        replace(contract, columns=contract.columns[::-1]),  # another order of headerless requests
        replace(contract, missing=("", "?")),
        from_dict({**BASE, **column("x", min=0)}),
        from_dict({**BASE, "positive_label": "0"}),
    ]
    assert len({c.fingerprint() for c in [contract, *others]}) == 5


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
BOUND = st.none() | st.integers(-(10**12), 10**12) | st.floats(-1e15, 1e15)


@st.composite
def contracts(draw) -> Contract:
    names = draw(st.lists(NAMES, min_size=3, max_size=6, unique=True))
    columns = {}
    for name in names[2:]:
        spec = {"type": draw(st.sampled_from(["integer", "number", "boolean", "string"])), "nullable": draw(st.booleans())}
        low, high = draw(BOUND), draw(BOUND)
        if spec["type"] in ("integer", "number"):
            if low is not None and high is not None:
                low, high = sorted((low, high))
            spec |= {key: value for key, value in (("min", low), ("max", high)) if value is not None}
        elif spec["type"] == "string":
            spec["allowed"] = draw(st.lists(NAMES, unique=True, max_size=3))
        columns[name] = spec
    labels = draw(st.lists(NAMES.filter(bool), min_size=2, max_size=2, unique=True))
    columns |= {names[0]: {"type": "timestamp"}, names[1]: {"type": "string", "allowed": labels}}
    raw = {"name": "a" + draw(NAMES), "target": names[1], "problem_type": "binary", "positive_label": labels[0], "columns": columns}
    if names[0] and draw(st.booleans()):
        raw["event_time"] = names[0]
    return from_dict({**raw, "sensitive": names[2:3], "missing": draw(st.lists(NAMES, unique=True, max_size=3))})


@given(contracts())
def test_contract_survives_its_own_file(contract):
    again = parse(contract.to_toml({c.name: "note" for c in contract.columns}))
    assert again == contract
    assert again.fingerprint() == contract.fingerprint()


@pytest.mark.parametrize("name", ["dataset_version", "PRICE"])
def test_names_that_the_catalog_cannot_hold_are_refused(name: str) -> None:
    text = f"""
name = "t"
target = "price"
problem_type = "regression"
[columns.price]
type = "number"
[columns.size]
type = "number"
[columns.{name}]
type = "number"
"""
    with pytest.raises(ContractError, match=f"columns.{name}: found '{name}'"):
        parse(text, "t.toml")
