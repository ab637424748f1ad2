"""Held-out rows to the endpoint: the pipeline's own test part, one by one as JSON and then together as CSV."""

import json
import time
from io import BytesIO

import pandas as pd

from cli.collect import count_captured
from cli.demo.session import Session
from cli.target import identified
from interfaces import layout
from interfaces.contract import Contract

SINGLE_ROWS, BATCH_ROWS = 40, 60
REQUESTS = SINGLE_ROWS + 1


def predict(session: Session, contract: Contract, execution: str) -> int:
    """Predict held-out rows; how many predictions came back."""
    runtime, endpoint = session.client("sagemaker-runtime"), session.endpoint
    rows = held_out(session, contract, execution)
    singles, batch = rows.iloc[:SINGLE_ROWS], rows.iloc[SINGLE_ROWS:]
    made = 0
    for number, row in enumerate(json.loads(singles.to_json(orient="records", date_format="iso"))):
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps([row]),
            **identified(session.names, endpoint, f"demo-{number}"),
        )
        made += len(json.loads(answer["Body"].read())["predictions"])
    if len(batch):
        body = batch.to_csv(index=False, header=False)
        answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body=body)
        made += len(answer["Body"].read().decode().splitlines())
    session.progress.note("invoke", f"{made} predictions for held-out rows, through boto3")
    return made


def held_out(session: Session, contract: Contract, execution: str) -> pd.DataFrame:
    """Features of the first held-out rows of an execution."""
    s3, bucket = session.client("s3"), session.bucket("artefacts")
    prefix = f"{layout.RUNS}/{execution.rsplit('/', 1)[-1]}/features/test/"
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    rows = pd.concat([pd.read_parquet(BytesIO(s3.get_object(Bucket=bucket, Key=k)["Body"].read())) for k in keys])
    return rows[[c.name for c in contract.features]].head(SINGLE_ROWS + BATCH_ROWS)


def captured(session: Session, expected: int) -> int:
    """How many records have been captured; capture is flushed a moment after the requests."""
    end = time.monotonic() + 5

    def count() -> int | None:
        found = count_captured(session.client("s3"), session.bucket("data"), session.endpoint)
        return found if found >= expected or time.monotonic() > end else None

    return int(session.wait("capture", count))
