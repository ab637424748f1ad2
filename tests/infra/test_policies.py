"""The given policies on the project's own data: dev approves a good first model by itself, prod asks a person."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cli.demo import loans
from infra.environment import load
from infra.platform.training import policy_of
from interfaces.contract import Contract
from interfaces.policy import Plan, Policy
from lambdas.approve.decision import decide
from model_code import behaviour, estimator
from model_code.bias import bias
from model_code.evaluate import evaluate, slices
from model_code.predict import Bundle, predict
from model_code.split import split
from model_code.validate import check


def judged_by(name: str) -> tuple[Policy, Contract]:
    environment, contract = load(name)
    return policy_of(environment, contract), contract


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What the evaluation of a model of 6,000 applications says, as the step gathers it."""
    policy, contract = judged_by("dev")
    raw = loans.generate(6000, 1).rows
    rows = check(raw.astype(object).where(raw.notna(), None), contract).rows
    parts = split(rows, contract)
    bundle = Bundle(estimator.fit(contract, estimator.Params(max_iter=40), rows.iloc[parts.train]), contract)
    return measured(policy.plan, bundle, rows.iloc[parts.test].reset_index(drop=True))


def measured(plan: Plan, bundle: Bundle, test: pd.DataFrame) -> dict[str, Any]:
    contract = bundle.contract
    truth, found = estimator.target(test, contract), predict(bundle, test)
    report = evaluate(contract, truth, found.predicted, found.probability)
    report["mlops_loop"] |= {
        "slices": slices(contract, test, truth, found.predicted, found.probability),
        "bias": bias(contract, test, truth, found.predicted, contract.sensitive),
        "behaviour": behaviour.run(bundle, test, plan.behaviour),
        "champion": {"status": "none"},
        "artefact": {"size_bytes": 400_000, "row_ms": 8.0, "batch_ms": 40.0},
        "data": {"created_at": "2026-06-30T00:00:00Z", "newest_event_at": test["applied_at"].max().isoformat()},
    }
    return report


NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_dev_approves_a_good_first_model(report: dict[str, Any]) -> None:
    verdict = decide(judged_by("dev")[0], report, "binary", NOW, None)
    assert verdict.verdict == "approved", verdict.reason
    assert 0.7 < verdict.metrics["auc"] < 0.8
    assert {"behaviour.gender does not matter", "bias.DPPL", "slices.auc"} <= {c.check for c in verdict.checks}


def test_prod_leaves_it_for_a_person_and_rejects_what_is_stale(report: dict[str, Any]) -> None:
    policy = judged_by("prod")[0]
    lenient = Policy(**{**policy.__dict__, "thresholds": {"auc": 0.7}})
    assert decide(lenient, report, "binary", NOW, None).verdict == "needs-a-person"
    stale = decide(lenient, report, "binary", datetime(2026, 12, 1, tzinfo=UTC), None)
    assert stale.verdict == "rejected" and "data.age_days" in stale.reason


def test_every_given_policy_has_its_environment() -> None:
    folder = Path(__file__).resolve().parents[2] / "infra"
    names = {p.stem for p in (folder / "environments").glob("*.toml")}
    assert {p.stem for p in (folder / "policies").glob("*.toml")} <= names | {"loans-behaviour"}
