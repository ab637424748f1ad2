"""``loop contract``: propose a dataset contract from a table."""

from dataclasses import replace
from pathlib import Path

from cli.errors import CliError
from cli.table import Sample, read_sample
from interfaces.contract import Contract
from model_code.infer import InferenceError, Proposal, infer


def propose(path: Path, target: str | None, name: str | None = None) -> Proposal:
    """A contract from the head of a CSV file, and what is unsure about it. Raises CliError.

    Without a target the last column is taken, and said to be unsure.
    """
    sample = read_sample(path)
    chosen = target or str(sample.rows.columns[-1])
    try:
        proposal = infer(sample.rows, chosen, name or path.stem)
    except InferenceError as error:
        raise CliError(f"{path}: {error}") from None
    if target is None:
        proposal.doubts[chosen] = _join("taken as the target because it is the last column", proposal.doubts.get(chosen))
    if not sample.complete:
        _generalise(proposal, sample)
    if sample.ragged:
        proposal.doubts[""] = _join(proposal.doubts.get(""), f"{sample.ragged} rows have another number of values and were left out")
    return proposal


def _generalise(proposal: Proposal, sample: Sample) -> None:
    """What a sample cannot show is not promised: categories and gaps beyond it are allowed."""
    contract: Contract = proposal.contract
    columns = tuple(c if c.name == contract.target else replace(c, allowed=(), nullable=True) for c in contract.columns)
    proposal.contract = replace(contract, columns=columns)
    proposal.doubts[""] = _join(
        proposal.doubts.get(""), f"inferred from the first {len(sample.rows):,} rows: later categories and gaps are allowed"
    )


def _join(*parts: str | None) -> str:
    return "; ".join(p for p in parts if p)
