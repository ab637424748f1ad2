"""From a drop to a dataset version: fetch, check, write, and only then make it visible.

The manifest is the commit point: it is written last, and only if it does not exist. A run that dies earlier
leaves objects that the next run of the same drop overwrites with the same bytes.
"""

import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import awswrangler as wr
import boto3
from botocore.exceptions import ClientError

from interfaces import events, layout
from interfaces.contract import Contract, parse
from interfaces.manifest import Manifest, content_hash, version_id
from model_code.validate import check
from pipeline_steps.ingest import reader
from pipeline_steps.ingest.drop import LandedFile, Refused, fetch
from pipeline_steps.ingest.writer import PartWriter, Quarantine


@dataclass(frozen=True)
class Settings:
    """The job's arguments."""

    drop: str
    contract: str
    landing_bucket: str
    data_bucket: str
    database: str
    table: str
    max_bad_share: float


class Ingest:
    """One run of the job."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._s3 = boto3.client("s3")

    def run(self) -> None:
        """Create the drop's version, find it already created, or refuse the drop; report which in an event."""
        settings = self._settings
        contract = parse(self._read(settings.contract), settings.contract)
        with tempfile.TemporaryDirectory() as folder:
            version = ""
            try:
                files = fetch(settings.landing_bucket, settings.drop, Path(folder))
                content = content_hash([(f.name, f.sha256) for f in files], contract.fingerprint())
                version = version_id(content)
                if self._exists(layout.manifest_key(version)):
                    print(f"drop {settings.drop!r} is dataset {version} already")
                else:
                    self._create(files, contract, content, Path(folder))
            except Refused as refusal:
                self._refuse(version, str(refusal))
                return
        self._report(events.DATASET_CREATED, {"dataset_version": version, "drop": settings.drop})

    def _create(self, files: list[LandedFile], contract: Contract, content: str, folder: Path) -> None:
        version = version_id(content)
        parts, quarantine = PartWriter(folder, contract), Quarantine(folder)
        labels: set[str] = set()
        for file in files:
            self._file(file, contract, parts, quarantine, labels)
        parts.close()
        quarantine.close()
        # of a drop that is refused as well: whoever mends it needs every row
        self._keep(quarantine, version)
        self._judge(parts, quarantine, contract, labels)
        keys = [f"{layout.curated_prefix(version)}{path.name}" for path in parts.files]
        for path, key in zip(parts.files, keys, strict=True):
            wr.s3.upload(str(path), f"s3://{self._settings.data_bucket}/{key}")
        location = f"s3://{self._settings.data_bucket}/{layout.curated_prefix(version)}"
        wr.catalog.add_parquet_partitions(self._settings.database, self._settings.table, {location: [version]})
        manifest = Manifest(
            version=version,
            drop=self._settings.drop,
            content_hash=content,
            schema_fingerprint=contract.fingerprint(),
            rows=parts.rows,
            quarantined=quarantine.rows,
            created_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            files=tuple(keys),
            reasons=quarantine.reasons,
            contract=contract.to_dict(),
        )
        self._commit(layout.manifest_key(version), manifest.to_json())
        print(f"dataset {version}: {parts.rows} rows, {quarantine.rows} quarantined")

    def _keep(self, quarantine: Quarantine, version: str) -> None:
        if quarantine.rows:
            key = f"{layout.quarantine_prefix(version)}{quarantine.path.name}"
            wr.s3.upload(str(quarantine.path), f"s3://{self._settings.data_bucket}/{key}")

    def _file(self, file: LandedFile, contract: Contract, parts: PartWriter, quarantine: Quarantine, labels: set[str]) -> None:
        names = reader.header(file)
        reader.check_columns(file, names, contract)
        ragged = reader.Ragged()
        for batch in reader.read(file, names, ragged):
            checked = check(batch.rows, contract)
            for problem in checked.problems:
                quarantine.add(file.name, int(batch.numbers[problem.row]), problem.column, problem.value, problem.reason)
            quarantine.rows += len(batch.rows) - len(checked.rows)
            parts.write(checked.rows)
            if contract.problem_type != "regression":
                labels |= set(checked.rows[contract.target].astype(str).unique())
            self._ragged(file, names, ragged, quarantine)
        self._ragged(file, names, ragged, quarantine)

    @staticmethod
    def _ragged(file: LandedFile, names: list[str], ragged: reader.Ragged, quarantine: Quarantine) -> None:
        for number, text, count in ragged.take():
            quarantine.add(file.name, number, None, text, f"has {count} values; the header has {len(names)}")
            quarantine.rows += 1

    def _judge(self, parts: PartWriter, quarantine: Quarantine, contract: Contract, labels: set[str]) -> None:
        """Raises Refused when too little is left to learn from."""
        total = parts.rows + quarantine.rows
        if total == 0:
            raise Refused("the drop has a header and no rows")
        examples = "; ".join(
            f"{e['file']} row {e['row']}" + (f", column {e['column']}: {e['value']!r}" if e["column"] else "") + f" {e['reason']}"
            for e in quarantine.first
        )
        share = quarantine.rows / total
        if share > self._settings.max_bad_share or parts.rows == 0:
            found = f"{quarantine.rows} of {total} rows ({share:.1%}) break the contract"
            raise Refused(f"{found}; at most {self._settings.max_bad_share:.1%} may. First: {examples}")
        if contract.problem_type != "regression" and len(labels) < 2:
            raise Refused(f"the target {contract.target!r} has one class only ({', '.join(labels)}); learning needs at least two")

    def _refuse(self, version: str, reason: str) -> None:
        """Keep the reason and report it. The job itself has done its work: it succeeds."""
        content = {"drop": self._settings.drop, "dataset_version": version, "reason": reason}
        name = version or self._settings.drop.replace("/", "_")
        self._s3.put_object(Bucket=self._settings.data_bucket, Key=layout.refused_key(name), Body=json.dumps(content, indent=2).encode())
        print(f"drop {self._settings.drop!r} is refused: {reason}")
        self._report(events.DATASET_REFUSED, content)

    def _commit(self, key: str, body: str) -> None:
        try:
            self._s3.put_object(Bucket=self._settings.data_bucket, Key=key, Body=body.encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            print(f"{key} was committed by another run meanwhile: the same content")

    def _exists(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self._settings.data_bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    def _read(self, uri: str) -> str:
        bucket, key = layout.split_uri(uri)
        return str(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())

    def _report(self, detail_type: str, detail: dict[str, Any]) -> None:
        answer = boto3.client("events").put_events(Entries=[events.entry(detail_type, detail)])
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"the event {detail_type!r} was not accepted: {answer['Entries']}")
