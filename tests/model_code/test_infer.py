"""A proposed contract fits the table it was made from, and says what a person should look at."""

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.contract import Contract, from_dict
from model_code.infer import InferenceError, infer
from model_code.validate import check

N = 120


def table(**columns) -> pd.DataFrame:
    """Rows of text with a 0/1 target, a number and the given columns, repeated to the same length."""
    given = {"n": [f"{i % 37}.5" for i in range(N)], "y": ["0", "1", "0"], **columns}
    return pd.DataFrame({name: (list(values) * N)[:N] for name, values in given.items()}, dtype=object)


def test_types_are_read_from_csv():
    text = "when,amount,count,colour,ok,y\n" + "".join(
        f"2026-01-{i % 28 + 1:02d},{i / 4},{i - 5},{'red' if i % 3 else ''},{'yes' if i % 2 else 'no'},{i % 2}\n" for i in range(N)
    )
    proposal = infer(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False), "y", "paints")
    contract = proposal.contract
    assert contract.name == "paints"
    assert {c.name: c.type for c in contract.columns} == {
        "when": "timestamp",
        "amount": "number",
        "count": "integer",
        "colour": "string",
        "ok": "boolean",
        "y": "integer",
    }
    assert (contract.column("amount").minimum, contract.column("count").minimum) == (0, None)
    assert (contract.column("colour").nullable, contract.column("colour").allowed) == (True, ("red",))
    assert not contract.column("amount").nullable
    assert (contract.problem_type, contract.classes, contract.positive_label) == ("binary", ("0", "1"), "1")
    assert contract.event_time == "when"
    assert "event time" in proposal.doubts["when"]


def test_the_first_of_several_times_is_the_event_time_and_the_others_are_named():
    proposal = infer(table(ordered=["2026-01-01", "2026-01-02"], paid=["2026-01-03", "2026-01-04"]), "y")
    assert proposal.contract.event_time == "ordered"
    assert proposal.doubts["ordered"].endswith("others: paid")


def test_a_column_of_gaps_is_text_with_a_doubt():
    proposal = infer(table(note=["", "NA"]), "y")
    assert (proposal.contract.column("note").type, proposal.contract.column("note").nullable) == ("string", True)
    assert "every value is missing" in proposal.doubts["note"]


def test_classes_that_are_numbers_stand_in_the_order_of_numbers():
    assert infer(table(y=["10", "2", "1"]), "y").contract.classes == ("1", "2", "10")


@pytest.mark.parametrize("name", ["visit", "customer_id", "ID"])
def test_identifier_is_left_out_of_the_features_with_a_doubt(name):
    proposal = infer(table(**{name: [f"A{i}" for i in range(N)]}), "y")
    assert proposal.contract.identifiers == (name,)
    assert proposal.doubts[name] == "taken as an identifier: not a feature"


def test_identifier_by_name_alone_says_that_its_values_repeat():
    proposal = infer(table(customer_id=["7", "8"]), "y")
    assert proposal.contract.identifiers == ("customer_id",)
    assert "its values repeat" in proposal.doubts["customer_id"]


def test_a_target_is_no_identifier_whatever_its_name():
    assert infer(table(group_id=["a", "b"]), "group_id").contract.identifiers == ()


def test_whole_numbers_that_never_repeat_stay_a_feature_with_a_doubt():
    proposal = infer(table(distance=[str(i) for i in range(N)]), "y")
    assert proposal.contract.identifiers == ()
    assert "kept as a feature" in proposal.doubts["distance"]


def test_two_columns_that_add_up_to_the_target_leak_it():
    casual, registered = list(range(N)), [(i * 7) % 50 for i in range(N)]
    raw = table(casual=map(str, casual), registered=map(str, registered), cnt=[str(a + b) for a, b in zip(casual, registered, strict=True)])
    proposal = infer(raw, "cnt")
    assert proposal.contract.problem_type == "regression"
    assert set(proposal.contract.exclude) == {"casual", "registered"}
    assert proposal.doubts["casual"] == "casual + registered = cnt in every row: left out of the features"


def test_gaps_do_not_hide_a_leak_and_one_different_row_is_none():
    casual, registered = list(range(N)), [(i * 7) % 50 for i in range(N)]
    raw = table(casual=map(str, casual), registered=map(str, registered), cnt=[str(a + b) for a, b in zip(casual, registered, strict=True)])
    raw.loc[3, "casual"] = raw.loc[5, "cnt"] = raw.loc[7, "registered"] = ""
    assert set(infer(raw, "cnt").contract.exclude) == {"casual", "registered"}
    raw.loc[5, "cnt"] = "999"
    assert infer(raw, "cnt").contract.exclude == ()


def test_a_copy_of_the_target_leaks_it():
    values = [f"{i}.25" for i in range(N)]
    proposal = infer(table(price=values, copy=values), "price")
    assert proposal.contract.exclude == ("copy",)
    assert "equals the target 'price'" in proposal.doubts["copy"]


def test_numbers_with_odd_text_are_text_with_the_text_named():
    proposal = infer(table(size=[*map(str, range(19)), "n/k"]), "y")
    assert proposal.contract.column("size").type == "string"
    assert "95.0% are numbers; taken as text because of 'n/k'" in proposal.doubts["size"]


def test_whole_numbers_too_long_for_a_number_are_text():
    proposal = infer(table(card=["4000123412341234567", "4000123412341234568"]), "y")
    assert proposal.contract.column("card").type == "string"
    assert "16 digits" in proposal.doubts["card"]


@pytest.mark.parametrize("texts", [("t", "y"), ("f", "n")])
def test_texts_of_one_truth_value_are_no_boolean(texts):
    assert infer(table(grade=texts), "y").contract.column("grade").allowed == texts


@pytest.mark.parametrize(
    ("labels", "positive"), [(["yes", "no", "no"], "yes"), (["True", "True", "False"], "True"), (["0", "1", "1"], "1")]
)
def test_a_true_label_is_the_positive_one_without_a_doubt(labels, positive):
    proposal = infer(table(y=labels), "y")
    assert proposal.contract.positive_label == positive
    assert "positive label" not in proposal.doubts.get("y", "")


def test_otherwise_the_rarer_label_is_positive_with_a_doubt():
    proposal = infer(table(y=["stay", "stay", "leave"]), "y")
    assert proposal.contract.positive_label == "leave"
    assert "guessed as the rarer one, 'leave'" in proposal.doubts["y"]


def test_sensitive_columns_are_guessed_by_whole_words():
    raw = table(**{name: ["a", "b"] for name in ("Sex", "marital-status", "age", "page", "usage", "agent")})
    proposal = infer(raw, "y")
    assert proposal.contract.sensitive == ("Sex", "marital-status", "age")
    assert proposal.doubts[""].endswith("Sex, marital-status, age")


@pytest.mark.parametrize(
    ("values", "problem", "kind"),
    [
        (["1", "2", "3"], "multiclass", "integer"),
        (["01", "02", "03"], "multiclass", "string"),
        (["a", "b", "c"], "multiclass", "string"),
        ([str(i) for i in range(30)], "regression", "integer"),
        (["0.5", "1.5"], "regression", "number"),
    ],
)
def test_problem_type_follows_from_the_target(values, problem, kind):
    proposal = infer(table(y=values), "y")
    assert (proposal.contract.problem_type, proposal.contract.column("y").type) == (problem, kind)
    assert ("taken as classes" in proposal.doubts.get("y", "")) == (values[0] == "1")


REFUSED = {
    "unknown target": (table(), "income", "there is no column 'income'; the file has: n, y"),
    "empty table": (table().iloc[:0], "y", "a header and no rows"),
    "one class": (table(y=["1"]), "y", r"'y' has one class only \('1'\)"),
    "no value": (table(y=["", "NA"]), "y", "'y' has no value in any row"),
    "60 texts": (table(y=[f"t{i}" for i in range(60)]), "y", "'y' has 60 different texts.*at most 50"),
    "two spellings": (table(y=["True", "true", "False"]), "y", r"3 ways \(False, True, true\)"),
    "no feature": (table()[["y"]], "y", "no feature is left"),
}


@pytest.mark.parametrize(("raw", "target", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refusal_says_what_was_found(raw, target, message):
    with pytest.raises(InferenceError, match=message):
        infer(raw, target)


POOLS = [
    ["0", "1"],
    ["yes", "no", "YES"],
    ["a", "b", "c", " a "],
    ["1", "2.5", "1e3", "-4"],
    ["007", "12", "9007199254740993"],
    ["2026-01-01", "2026-01-02T10:00", "now"],
    ["", "?", "NA"],
    ["inf", "nan", "0x1F", "1_000"],
]


@st.composite
def tables(draw) -> pd.DataFrame:
    """Columns of odd cells, each drawn from one pool, sometimes with gaps or a second pool mixed in."""
    size = draw(st.integers(5, 40))
    columns = {}
    for name in ("a", "b_id", "age", "y"):
        pool = draw(st.sampled_from(POOLS)) + draw(st.sampled_from([[], [], [""], *POOLS]))
        columns[name] = draw(st.lists(st.sampled_from(pool), min_size=size, max_size=size))
    return pd.DataFrame(columns, dtype=object)


@given(tables())
def test_a_proposal_is_a_contract_that_its_own_rows_hold(raw):
    try:
        contract: Contract = infer(raw, "y").contract
    except InferenceError:
        return
    assert from_dict(contract.to_dict()) == contract
    required = {contract.target, contract.event_time}
    broken = [p for p in check(raw, contract).problems if not (p.column in required and "is missing" in p.reason)]
    assert not broken


def test_leading_zeros_are_text_and_doubted() -> None:
    raw = pd.DataFrame({"postcode": ["02139", "10115", "00100"] * 20, "y": ["a", "b", "a"] * 20})
    proposal = infer(raw, "y")
    assert proposal.contract.column("postcode").type == "string"
    assert "leading zeros, such as '02139'" in proposal.doubts["postcode"]
