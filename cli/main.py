"""``loop``: the one front door. Exit codes: 0 done, 1 the run ended early, 2 something for the user to mend."""

import sys

import typer

from cli.commands import (
    batch,
    contract,
    decide,
    demo,
    deployed,
    describe_endpoint,
    destroy,
    inspect,
    invoke,
    labels,
    preflight,
    releases,
    retrain,
    rollback,
    simulate,
    status,
    sweep,
    up,
    verify,
)
from cli.errors import CliError, RunFailed

ACCESS = "Credentials, region and AWS_ENDPOINT_URL are read as the AWS SDKs read them; loop preflight looks at an account."

app = typer.Typer(help="The machine-learning lifecycle on AWS, and on a local AWS.", no_args_is_help=True, pretty_exceptions_enable=False)
contracts = typer.Typer(help="Dataset contracts.", no_args_is_help=True)
app.add_typer(contracts, name="contract")
ground_truth = typer.Typer(help="Labels of production rows.", no_args_is_help=True)
app.add_typer(ground_truth, name="labels")

app.command()(demo.demo)
app.command()(status.status)
app.command()(status.report)
app.command()(preflight.preflight)
app.command()(deployed.deployed)
app.command()(decide.approve)
app.command()(decide.reject)
app.command()(rollback.rollback)
app.command()(releases.releases)
app.command()(invoke.invoke)
app.command()(batch.batch)
app.command()(describe_endpoint.describe_endpoint)
app.command()(sweep.sweep)
app.command()(inspect.runs)
app.command()(inspect.logs)
app.command()(destroy.destroy)
app.command()(up.up)
app.command()(verify.verify)
app.command()(retrain.retrain)
app.command()(simulate.simulate)
contracts.command()(contract.infer)
ground_truth.command()(labels.put)


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
    except Exception as error:
        if not type(error).__module__.startswith("botocore."):  # which takes a third of a second to import
            raise
        print(f"loop: {error}\n{ACCESS}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
