"""``loop preflight``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError, RunFailed


def preflight(
    app: Annotated[Path, typer.Option(help="The synthesized cloud assembly.")] = Path("cdk.out"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with all findings.")] = False,
) -> None:
    """Check the account before a deployment: roles, quotas, keys, bucket policies, image, monitoring engine. Exit code 1 on an error."""
    import boto3

    from cli.preflight.finding import ERROR
    from cli.preflight.run import preflight as run

    session = boto3.Session()
    if session.region_name is None:
        raise CliError("no AWS region in this shell; set AWS_REGION")
    found = run(session.client, app, session.region_name)
    errors = sum(f.status == ERROR for f in found)
    if as_json:
        print(json.dumps({"errors": errors, "findings": [asdict(f) for f in found]}, indent=1))
    else:
        for finding in found:
            print(f"{finding.status:<8} {finding.check:<10} {finding.found}" + (f"\n{'':<20}fix: {finding.fix}" if finding.fix else ""))
    if errors:
        raise RunFailed("preflight", f"{errors} finding{'s' if errors > 1 else ''} would fail the deployment")
