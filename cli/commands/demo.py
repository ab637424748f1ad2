"""``loop demo``."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli import last_run
from cli.errors import CliError, RunFailed
from cli.progress import Progress


def demo(
    data: Annotated[Path | None, typer.Option(help="A CSV file of your own instead of the generated loan applications.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict; needed with --data.")] = None,
    threshold: Annotated[float | None, typer.Option(min=0, help="What the model must reach to be registered.")] = None,
    rows: Annotated[int, typer.Option(min=100, max=5_000_000, help="Rows of the generated table.")] = 8000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the generated table.")] = 7,
    hosting: Annotated[str, typer.Option(help="real-time or serverless.")] = "real-time",
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines; the last line holds the summary.")] = False,
    report: Annotated[Path, typer.Option(help="Where the HTML report goes.")] = last_run.REPORT,
) -> None:
    """The whole life of a model on the local AWS: from landing data to a release, and on the generated table on to drift and retraining."""
    from cli.demo import setup
    from cli.demo.run import Demo
    from cli.report.render import write
    from cli.simulate.scenario import load

    if (data is None) != (target is None):
        raise CliError("--data and --target go together: the file, and the column to predict")
    if hosting not in setup.HOSTING:
        raise CliError(f"--hosting: found {hosting!r}; allowed: {', '.join(setup.HOSTING)}")
    progress = Progress(as_json=as_json)
    work = Path(tempfile.mkdtemp(prefix="loop-demo-"))
    try:
        table = setup.own_table(work, rows, seed) if data is None or target is None else setup.user_table(data, target)
        for column, doubt in table.doubts.items():
            progress.note("contract", f"{column}: {doubt}" if column else doubt, "start")
        try:
            found = Demo(table, progress, work, threshold, load("demo") if data is None else None, hosting).run()
        except RunFailed as failure:
            progress.note(failure.stage, failure.reason, "fail")
            raise
    finally:
        progress.end()
        shutil.rmtree(work, ignore_errors=True)
    last_run.save(found)
    write(found, report)
    progress.note("report", f"{report.resolve()}")
    progress.summary(found["summary"])
