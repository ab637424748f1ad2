"""``loop batch``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.target import names_of


def batch(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header that names the model's features; other columns are left out.")],
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, in the account and region of the shell's credentials.")],
    output: Annotated[Path, typer.Option(help="Where the answers go, as CSV.")] = Path("predictions.csv"),
    instances: Annotated[int, typer.Option(min=1, max=100, help="Instances that share the file's parts of 100,000 rows.")] = 1,
    instance_type: Annotated[str | None, typer.Option(help="Default: that of the endpoint.")] = None,
) -> None:
    """Answer a whole file by the model that serves, as a batch transform; its rows are monitored as the endpoint's are."""
    import boto3
    from botocore.exceptions import ClientError

    from cli.batch import Job, answers, count, engine, parts, run
    from cli.batch import served as served_by
    from cli.progress import Progress
    from cli.target import serving_contract, serving_endpoint
    from interfaces.contract import from_dict
    from interfaces.monitors import MODEL_MONITOR

    names = names_of(environment)
    if not file.is_file():
        raise CliError(f"{file} is not a file")
    contract = from_dict(serving_contract(boto3.client, names), environment)
    sagemaker, account = boto3.client("sagemaker"), boto3.client("sts").get_caller_identity()["Account"]
    region = sagemaker.meta.region_name
    endpoint = serving_endpoint(boto3.client, names)
    try:
        model, used = served_by(sagemaker, endpoint)
    except ClientError as error:
        raise CliError(f"{endpoint}: {error.response['Error'].get('Message', error)}") from None
    job = Job(
        name=f"{names.prefix}-batch-{datetime.now(UTC):%Y%m%d-%H%M%S}",
        model=model,
        instance_type=instance_type or used,
        instances=instances,
        bucket=names.bucket("data", account, region),
        key_arn=f"arn:{boto3.Session().get_partition_for_region(region)}:kms:{region}:{account}:alias/{names.prefix}",
    )
    progress = Progress(as_json=False)
    if engine(boto3.client, names) == MODEL_MONITOR:
        progress.note("monitoring", f"{MODEL_MONITOR} looks at the endpoint alone: this batch is not monitored", "start")
    progress.note("read", f"{file}: {count(file, contract):,} rows")
    try:
        sent = run(boto3.client, names, job, parts(file, contract), progress)
        unfinished = output.with_name(f"{output.name}.part")
        with unfinished.open("w", encoding="utf-8") as stream:
            stream.writelines(answers(boto3.client("s3"), job, sent, contract))
        unfinished.replace(output)
    finally:
        progress.end()
    progress.note("answers", str(output.resolve()))
