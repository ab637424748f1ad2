"""A small table of shop visits and its contract, shared by the tests of the science, the steps and the endpoint."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from interfaces.contract import Contract, parse
from model_code import estimator
from model_code.predict import Bundle
from model_code.validate import check

settings.register_profile("everyday", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("everyday")

VISITS = """
name = "visits"
target = "bought"
problem_type = "binary"
positive_label = "1"
identifiers = ["visit"]
sensitive = ["gender", "age"]

[columns.visit]
type = "string"

[columns.seen_at]
type = "timestamp"
nullable = true

[columns.price]
type = "number"
min = 0

[columns.age]
type = "integer"
nullable = true
min = 0
max = 120

[columns.city]
type = "string"
nullable = true

[columns.gender]
type = "string"
allowed = ["f", "m", "x"]

[columns.member]
type = "boolean"

[columns.bought]
type = "integer"
allowed = ["0", "1"]
"""

RawRows = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine make a fit a hundred times as slow."""
    with threadpool_limits(1, "openmp"):
        yield


@pytest.fixture(scope="session")
def contract() -> Contract:
    return parse(VISITS, "visits.toml")


@pytest.fixture(scope="session")
def raw_rows() -> RawRows:
    """Make ``count`` rows of text that hold the contract, with a pattern that can be learned."""

    def make(count: int, seed: int = 0) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        price = rng.gamma(2, 20, count).round(2)
        city = rng.choice(["Bern", "Oslo", "Rome", ""], count, p=[0.4, 0.3, 0.2, 0.1])
        chance = 1 / (1 + np.exp(0.08 * (price - 40) - 2.0 * (city == "Bern")))
        age = rng.integers(18, 90, count).astype(str).astype(object)
        age[rng.random(count) < 0.1] = ""
        hours = pd.to_timedelta(rng.integers(0, 5000, count), unit="h")
        return pd.DataFrame(
            {
                "visit": [f"V{seed}-{i}" for i in range(count)],
                "seen_at": (pd.Timestamp("2026-01-01") + hours).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "price": price.astype(str),
                "age": age,
                "city": city,
                "gender": rng.choice(["f", "m", "x"], count, p=[0.5, 0.48, 0.02]),
                "member": rng.choice(["true", "false"], count),
                "bought": (rng.random(count) < chance).astype(int).astype(str),
            },
            dtype=object,
        )

    return make


@pytest.fixture(scope="session")
def rows(contract: Contract, raw_rows: RawRows) -> pd.DataFrame:
    """600 typed rows."""
    checked = check(raw_rows(600), contract)
    assert not checked.problems
    return checked.rows


@pytest.fixture(scope="session")
def bundle(contract: Contract, rows: pd.DataFrame) -> Bundle:
    """A small model, trained on the first 400 rows."""
    return Bundle(estimator.fit(contract, estimator.Params(max_iter=20), rows.iloc[:400]), contract)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real tables and genuine reports beside the project; a user's clone has none."""
    return Path(__file__).resolve().parents[2] / "shared"
