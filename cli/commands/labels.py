"""``loop labels put``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.target import names_of


def put(
    file: Annotated[Path, typer.Argument(help="CSV with a header, or JSON Lines, of inference_id (or event_id) and label.")],
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, in the account and region of the shell's credentials.")],
    collected: Annotated[
        datetime | None, typer.Option(help="When the labels were collected, UTC; default: now.", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H"])
    ] = None,
) -> None:
    """Put labels of production rows where monitors and retraining find them; late, repeated and contradicting ones are theirs to judge."""
    import boto3

    from cli.labels import put as write
    from cli.labels import read

    if not file.is_file():
        raise CliError(f"{file} is not a file")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CliError(f"{file}: not UTF-8: {error}") from None
    pairs, names = read(text, str(file)), names_of(environment)
    s3 = boto3.client("s3")
    bucket = names.bucket("data", boto3.client("sts").get_caller_identity()["Account"], s3.meta.region_name)
    moment = collected.replace(tzinfo=UTC) if collected else datetime.now(UTC)
    done = write(s3, bucket, pairs, moment)
    notes = [f"{n} {what}" for n, what in ((done.repeated, "repeated"), (done.contradicting, "contradicting and so not counted")) if n]
    print(f"{done.labels} labels to s3://{bucket}/{done.key}" + (f" ({', '.join(notes)})" if notes else ""))
