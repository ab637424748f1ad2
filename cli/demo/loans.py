"""The demo's own table: a seeded generator of loan applications with a known truth.

Mixed types, gaps, a sensitive column that does not drive the outcome, and an outcome that is known only
days after the application. Because the probabilities are ours, drift can be made and measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

EMPLOYMENT = ("salaried", "self-employed", "public", "retired", "student")
PURPOSES = ("car", "home", "education", "debt", "business")
LABEL_DELAY = timedelta(days=30)
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Loans:
    """Applications as they would land, and for each the probability that produced its outcome."""

    rows: pd.DataFrame
    probability: np.ndarray


def generate(count: int, seed: int = 0, start: datetime = START, days: int = 180, shift: float = 0.0, concept: float = 0.0) -> Loans:
    """``count`` applications spread evenly over ``days``, oldest first.

    ``shift`` moves the incomes down and the debt ratio up, by so many standard deviations. ``concept`` leaves the inputs
    alone and changes what follows from them: at 1, debts and late payments weigh nothing and the term and the age do.
    """
    rng = np.random.default_rng(seed)
    moments = np.sort(rng.uniform(0, days * 86400, count)).astype(int)
    age = np.clip(rng.normal(42, 13, count), 18, 90).round().astype(int)
    income = np.exp(rng.normal(10.4 - 0.5 * shift, 0.5, count)).round(2)
    amount = np.exp(rng.normal(9.2, 0.7, count)).round(2)
    term = rng.choice([12, 24, 36, 48, 60], count)
    score = np.clip(rng.normal(650, 80, count), 300, 850).round()
    debt = np.clip(rng.beta(2, 5, count) + 0.15 * shift, 0, 1.5).round(4)
    employment = rng.choice(EMPLOYMENT, count, p=[0.55, 0.18, 0.12, 0.1, 0.05])
    purpose = rng.choice(PURPOSES, count, p=[0.3, 0.25, 0.1, 0.25, 0.1])
    late = rng.poisson(0.4, count)
    strain = amount / np.maximum(income, 1) / (term / 12)
    logit = -2.6 + 1.6 * np.log1p(4 * strain) - 0.012 * (score - 650)
    logit += (1 - concept) * (2.2 * debt + 0.7 * late) + concept * (0.05 * (term - 24) - 0.04 * (age - 42))
    logit += np.select([employment == "student", employment == "public"], [0.6, -0.5], 0) + np.where(purpose == "business", 0.4, 0)
    probability = 1 / (1 + np.exp(-logit))
    rows = pd.DataFrame(
        {
            "application_id": [f"A{seed:04d}-{i:07d}" for i in range(count)],
            "applied_at": [(start + timedelta(seconds=int(s))).strftime("%Y-%m-%dT%H:%M:%SZ") for s in moments],
            "age": age,
            "gender": rng.choice(["female", "male", "other"], count, p=[0.49, 0.49, 0.02]),
            "income": income,
            "employment": employment,
            "credit_score": score,
            "debt_ratio": debt,
            "late_payments": late,
            "amount": amount,
            "term_months": term,
            "purpose": purpose,
            "owns_home": rng.random(count) < np.clip((age - 20) / 80, 0.05, 0.8),
            "defaulted": (rng.random(count) < probability).astype(int),
        }
    )
    return Loans(_with_gaps(rows, rng), probability)


def _with_gaps(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    text = rows.astype(str)
    text["credit_score"] = rows["credit_score"].map(lambda v: f"{v:.0f}")
    text["owns_home"] = rows["owns_home"].map({True: "true", False: "false"})
    text.loc[rng.random(len(rows)) < 0.08, "credit_score"] = ""
    text.loc[rng.random(len(rows)) < 0.04, "employment"] = ""
    return text


def csv_chunks(loans: Loans, chunk: int = 50_000) -> Iterator[str]:
    """The rows as CSV text, the header in the first piece."""
    for first in range(0, len(loans.rows), chunk):
        yield loans.rows.iloc[first : first + chunk].to_csv(index=False, header=first == 0)
