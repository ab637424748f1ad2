"""The estimator takes gaps and unheard-of categories, repeats itself, and learns from training rows only."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OrdinalEncoder

from interfaces.contract import from_dict
from model_code.estimator import MAX_CATEGORIES, Params, as_features, build, fit, labels, target, time_parts
from model_code.infer import infer
from model_code.predict import Bundle, predict
from model_code.split import split
from model_code.validate import check

SMALL = Params(max_iter=20)


def chance(bundle: Bundle, rows: pd.DataFrame) -> np.ndarray:
    return predict(bundle, rows).probability


def test_it_learns_the_pattern(bundle, rows):
    test = rows.iloc[400:]
    assert roc_auc_score(test["bought"].astype(int), chance(bundle, test)) > 0.75


def test_a_category_unseen_in_training_counts_as_missing(bundle, rows):
    test = rows.iloc[400:450]
    unseen, other = chance(bundle, test.assign(city="Atlantis")), chance(bundle, test.assign(city="Utopia"))
    assert (unseen == other).all()
    assert (unseen == chance(bundle, test.assign(city=None))).all()
    assert (unseen != chance(bundle, test.assign(city="Bern"))).any()


def test_gaps_alone_still_give_a_probability(bundle, rows):
    gaps = rows.iloc[:3].assign(seen_at=pd.NaT, price=np.nan, age=pd.NA, city=pd.NA, gender=pd.NA, member=pd.NA)
    gaps["seen_at"] = pd.to_datetime(gaps["seen_at"], utc=True)
    got = chance(bundle, gaps)
    assert np.isfinite(got).all()
    assert ((got > 0) & (got < 1)).all()


def test_columns_without_any_value_in_training_are_learned_around(contract, rows):
    empty = rows.iloc[:200].assign(age=pd.array([pd.NA] * 200, dtype="Int64"), city=pd.NA)
    model = Bundle(fit(contract, SMALL, empty), contract)
    assert np.isfinite(chance(model, rows.iloc[200:210])).all()


def test_more_categories_than_the_model_can_bin(contract, rows):
    many = pd.concat([rows, rows], ignore_index=True)
    many["city"] = pd.array([f"c{i % (2 * MAX_CATEGORIES)}" for i in range(len(many))], dtype="string")
    model = Bundle(fit(contract, SMALL, many), contract)
    assert np.isfinite(chance(model, many)).all()


def test_fitting_twice_gives_the_same_model(contract, rows, bundle):
    again = Bundle(fit(contract, SMALL, rows.iloc[:400]), contract)
    assert (chance(again, rows) == chance(bundle, rows)).all()


def test_parameters_reach_the_model(contract):
    params = Params(learning_rate=0.3, max_iter=7, max_leaf_nodes=5, l2_regularization=0.5, seed=11)
    model = build(contract, params).named_steps["model"]
    got = (model.learning_rate, model.max_iter, model.max_leaf_nodes, model.l2_regularization, model.random_state, model.early_stopping)
    assert got == (0.3, 7, 5, 0.5, 11, False)


def test_preprocessing_is_fitted_on_training_rows_only(contract, rows, bundle):
    columns = bundle.pipeline.named_steps["columns"]
    train = rows.iloc[:400]
    medians = dict(zip(columns.transformers_[0][2], columns.named_transformers_["number"].statistics_, strict=True))
    assert medians["price"] == train["price"].median() != rows["price"].median()
    named = columns.transformers_[2][2].index("city")
    known = {c for c in columns.named_transformers_["category"].categories_[named] if isinstance(c, str)}
    assert known == set(train["city"].dropna())


def test_categories_are_told_to_the_model_as_categories(bundle):
    # city and gender are the last two columns; only they may be split by set
    assert bundle.pipeline.named_steps["model"].is_categorical_.tolist()[-2:] == [True, True]
    assert sum(bundle.pipeline.named_steps["model"].is_categorical_) == 2


def test_features_have_the_contracts_order_and_plain_types(contract, rows):
    features = as_features(rows.iloc[:, ::-1], contract)
    assert list(features.columns) == [c.name for c in contract.features]
    assert [str(features[c].dtype) for c in ("price", "age", "member", "city")] == ["float64", "float64", "float64", "object"]


@pytest.mark.parametrize(
    ("values", "spelled"),
    [
        (pd.Series([True, False], dtype="boolean"), ["true", "false"]),
        (pd.Series([True, False]), ["true", "false"]),
        (pd.Series([1, 0], dtype="Int64"), ["1", "0"]),
        (pd.Series(["b", "a"], dtype="string"), ["b", "a"]),
    ],
)
def test_labels_are_spelled_as_the_contract_spells_them(values, spelled):
    assert labels(values).tolist() == spelled


def test_targets_are_numbers_for_a_regression_and_texts_for_classes(contract, rows):
    prices = from_dict({**contract.to_dict(), "target": "price", "problem_type": "regression"})
    assert target(rows, prices).tolist() == rows["price"].tolist()
    assert set(target(rows, contract)) == {"0", "1"}


def test_time_becomes_hour_weekday_month_and_age():
    times = pd.DataFrame({"t": pd.to_datetime(["2000-01-03T06:00:00Z", None], utc=True)})
    assert time_parts(times)[0].tolist() == [6, 0, 1, 2.25]
    assert np.isnan(time_parts(times)[1]).all()


def test_a_regression_learns_numbers(rows):
    columns = {"age": {"type": "integer", "nullable": True}, "member": {"type": "boolean"}, "price": {"type": "number"}}
    contract = from_dict({"name": "t", "target": "price", "problem_type": "regression", "columns": columns})
    by_age = rows.assign(price=rows["age"].fillna(0).astype(float) * 0.37)
    got = predict(Bundle(fit(contract, SMALL, by_age), contract), by_age)
    assert got.probability is None
    assert np.corrcoef(got.predicted, by_age["price"])[0, 1] > 0.95


def test_auc_on_census_income_is_that_of_plain_scikit_learn(shared):
    source = shared / "data" / "adult.csv"
    if not source.is_file():
        pytest.skip(f"{source} is absent: the census table is not part of the project")
    contract = infer(pd.read_csv(source, dtype=str, keep_default_na=False), "income", "adult").contract
    checked = check(pd.read_csv(source, dtype=str, keep_default_na=False), contract)
    assert not checked.problems
    parts = split(checked.rows, contract)
    test = checked.rows.iloc[parts.test]
    ours = Bundle(fit(contract, Params(), checked.rows.iloc[parts.train]), contract)
    ours_auc = roc_auc_score(test["income"] == ">50K", chance(ours, test))

    plain = pd.read_csv(source, na_values="?", skipinitialspace=True)
    inputs, income = plain.drop(columns="income"), plain["income"] == ">50K"
    texts = list(inputs.select_dtypes("object"))
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan).fit(inputs.iloc[parts.train][texts])
    inputs[texts] = encoder.transform(inputs[texts])
    model = HistGradientBoostingClassifier(
        learning_rate=0.1, max_iter=150, max_leaf_nodes=31, categorical_features=texts, early_stopping=False, random_state=0
    )
    model.fit(inputs.iloc[parts.train], income.iloc[parts.train])
    plain_auc = roc_auc_score(income.iloc[parts.test], model.predict_proba(inputs.iloc[parts.test])[:, 1])
    assert plain_auc > 0.9
    assert ours_auc == pytest.approx(plain_auc, abs=0.005)
