"""Predictions are the same from a loaded artefact, and probabilities stand in the contract's order."""

import numpy as np
import pytest

from interfaces.contract import ContractError, from_dict
from model_code import estimator
from model_code.predict import Bundle, predict


def test_a_bundle_survives_as_plain_values(bundle, rows):
    again = Bundle.from_dict(bundle.to_dict())
    assert again.contract == bundle.contract
    assert (predict(again, rows).probability == predict(bundle, rows).probability).all()


def test_an_artefact_with_a_broken_contract_says_so(bundle):
    raw = bundle.to_dict()
    raw["contract"]["target"] = "gone"
    with pytest.raises(ContractError, match="model artefact: target: found 'gone'"):
        Bundle.from_dict(raw)


def test_binary_probability_is_that_of_the_positive_label(bundle, rows):
    got = predict(bundle, rows)
    assert got.probability.shape == (600,)
    assert set(got.predicted) == {"0", "1"}
    assert (got.predicted == np.where(got.probability > 0.5, "1", "0")).all()
    swapped = Bundle(bundle.pipeline, from_dict({**bundle.contract.to_dict(), "positive_label": "0"}))
    assert predict(swapped, rows).probability == pytest.approx(1 - got.probability)


def test_multiclass_probabilities_follow_the_contracts_classes(contract, rows):
    raw = contract.to_dict()
    raw["columns"]["city"] = {"type": "string", "allowed": ["Rome", "Quito", "Oslo", "Bern"]}  # nobody visited from Quito
    del raw["positive_label"]
    cities = from_dict({**raw, "target": "city", "problem_type": "multiclass"})
    known = rows[rows["city"].notna()]
    model = Bundle(estimator.fit(cities, estimator.Params(max_iter=10), known), cities)
    got = predict(model, known)
    assert got.probability.shape == (len(known), 4)
    assert (got.probability[:, 1] == 0).all()
    assert got.probability.sum(axis=1) == pytest.approx(1)
    assert (np.array(cities.classes)[got.probability.argmax(axis=1)] == got.predicted).all()
    assert (got.predicted == known["city"].to_numpy()).mean() > 0.6
