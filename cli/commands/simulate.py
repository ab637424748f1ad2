"""``loop simulate``."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli import last_run
from cli.progress import Progress


def simulate(
    scenario: Annotated[str, typer.Option(help="The name of a given scenario, or a TOML file.")] = "sudden",
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Instead of the scenario's days.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the scenario's seed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines; the last line holds the summary.")] = False,
    report: Annotated[Path, typer.Option(help="Where the HTML report goes.")] = last_run.REPORT,
) -> None:
    """Traffic, labels and time for a model on the local AWS: drift, broken inputs, late labels, and what follows."""
    from cli.report.render import write
    from cli.simulate.run import simulate as run
    from cli.simulate.scenario import load

    chosen = load(scenario)
    chosen = chosen.model_copy(update={k: v for k, v in (("days", days), ("seed", seed)) if v is not None})
    progress = Progress(as_json=as_json)
    work = Path(tempfile.mkdtemp(prefix="loop-simulate-"))
    try:
        found = run(chosen, progress, work)
    finally:
        progress.end()
        shutil.rmtree(work, ignore_errors=True)
    last_run.save(found)
    write(found, report)
    progress.note("report", f"{report.resolve()}")
    progress.summary(found["summary"])
