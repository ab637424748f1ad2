"""``loop``: the one front door. Exit codes: 0 done, 1 the run ended early, 2 something for the user to mend."""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import CliError, RunFailed
from cli.progress import Progress

STATE = Path(".loop")
RUN_FILE = STATE / "run.json"
REPORT = Path("report.html")

app = typer.Typer(help="The machine-learning lifecycle on AWS, and on a local AWS.", no_args_is_help=True, pretty_exceptions_enable=False)
contract_app = typer.Typer(help="Dataset contracts.", no_args_is_help=True)
app.add_typer(contract_app, name="contract")


@app.command()
def demo(
    data: Annotated[Path | None, typer.Option(help="A CSV file of your own instead of the generated loan applications.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict; needed with --data.")] = None,
    threshold: Annotated[float | None, typer.Option(min=0, help="What the model must reach to be registered.")] = None,
    rows: Annotated[int, typer.Option(min=100, max=5_000_000, help="Rows of the generated table.")] = 8000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the generated table.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines; the last line holds the summary.")] = False,
    report: Annotated[Path, typer.Option(help="Where the HTML report goes.")] = REPORT,
) -> None:
    """The whole life of a model on the local AWS, from landing data to captured predictions, with a report."""
    from cli.demo import setup
    from cli.demo.run import Demo

    if (data is None) != (target is None):
        raise CliError("--data and --target go together: the file, and the column to predict")
    progress = Progress(as_json=as_json)
    work = Path(tempfile.mkdtemp(prefix="loop-demo-"))
    try:
        table = setup.own_table(work, rows, seed) if data is None or target is None else setup.user_table(data, target)
        for column, doubt in table.doubts.items():
            progress.note("contract", f"{column}: {doubt}" if column else doubt, "start")
        try:
            found = Demo(table, progress, work, threshold).run()
        except RunFailed as failure:
            progress.note(failure.stage, failure.reason, "fail")
            raise
    finally:
        progress.end()
        shutil.rmtree(work, ignore_errors=True)
    _save(found)
    _write_report(found, report)
    progress.note("report", f"{report.resolve()}")
    progress.summary(found["summary"])


@app.command()
def status(
    environment: Annotated[
        str | None, typer.Option(help="Ask AWS about PROJECT-ENVIRONMENT (for example loans-dev) instead of showing the last demo.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What ran, what is approved, what serves."""
    from cli.status import render

    found = _load() if environment is None else _ask(environment)
    print(json.dumps(found, indent=2) if as_json else render(found))


@app.command()
def report(
    environment: Annotated[str | None, typer.Option(help="Ask AWS about PROJECT-ENVIRONMENT instead of using the last demo.")] = None,
    output: Annotated[Path, typer.Option(help="Where the HTML report goes.")] = REPORT,
) -> None:
    """Write the HTML report of the last run again."""
    _write_report(_load() if environment is None else _ask(environment), output)
    print(output.resolve())


@contract_app.command("infer")
def contract_infer(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header, UTF-8.")],
    target: Annotated[str | None, typer.Option(help="The column to predict; default: the last one.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the dataset; default: the file's.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of standard output.")] = None,
    force: Annotated[bool, typer.Option(help="Replace the output file if it exists.")] = False,
) -> None:
    """Propose a dataset contract from a CSV file, and name what is unsure."""
    from cli.contract import propose

    proposal = propose(file, target, name)
    text = proposal.contract.to_toml(proposal.doubts)
    if output is None:
        print(text, end="")
    else:
        if output.exists() and not force:
            raise CliError(f"{output} exists; give another --output, or --force to replace it")
        output.write_text(text, encoding="utf-8")
    for column, doubt in proposal.doubts.items():
        print(f"unsure: {column + ': ' if column else ''}{doubt}", file=sys.stderr)


def _save(found: dict[str, Any]) -> None:
    STATE.mkdir(exist_ok=True)
    RUN_FILE.write_text(json.dumps(found, indent=1))


def _load() -> dict[str, Any]:
    if not RUN_FILE.is_file():
        raise CliError(f"no run is kept in {RUN_FILE.resolve()}; run: loop demo, or ask AWS with --environment PROJECT-ENVIRONMENT")
    return dict(json.loads(RUN_FILE.read_text()))


def _ask(environment: str) -> dict[str, Any]:
    import boto3

    from cli.collect import collect
    from interfaces.names import Names

    project, _, stage = environment.rpartition("-")
    if not project or not stage:
        raise CliError(f"--environment: found {environment!r}; expected PROJECT-ENVIRONMENT, for example loans-dev")
    found = collect(boto3.client, Names(project, stage))
    if not found["stacks"]:
        raise CliError(f"nothing is deployed as {environment} in this account and region")
    return found


def _write_report(found: dict[str, Any], path: Path) -> None:
    from cli.report.render import render

    path.write_text(render(found), encoding="utf-8")


def main() -> None:
    """Entry point: our own errors are one message and an exit code."""
    try:
        app(standalone_mode=True)
    except CliError as error:
        print(f"loop: {error}", file=sys.stderr)
        sys.exit(2)
    except RunFailed as error:
        print(f"loop: the run ended at {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
