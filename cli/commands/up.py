"""``loop up``."""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import CliError


def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 for any that is free.")] = 4566,
    state: Annotated[Path | None, typer.Option(help="Restore from this folder at the start, save into it at the end.")] = None,
    log: Annotated[Path | None, typer.Option(help="Write the log (JSON Lines, a line per call) to this file instead of stderr.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No log.")] = False,
) -> None:
    """The local AWS as a server for the aws CLI, boto3, the SageMaker SDK and the CDK CLI, until it is interrupted."""
    from local_aws.errors import LocalAwsError
    from local_aws.serve import serve

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if state is not None and state.exists() and not state.is_dir():
        raise CliError(f"--state: {state} is not a folder")
    out = None if quiet else sys.stderr if log is None else log.open("a", encoding="utf-8")
    try:
        serve(port, state, out, _announce, stop)
    except LocalAwsError as error:
        raise CliError(str(error)) from None
    finally:
        if out is not None and out is not sys.stderr:
            out.close()


def _announce(aws: Any) -> None:
    """What a shell exports; ``eval "$(...)"`` understands it, comments included."""
    print("# the local AWS is ready; in another shell:")
    for name, value in aws.environment().items():
        print(f"export {name}={value}")
    sys.stdout.flush()
