"""The Glue catalog and job: the contract's columns, and a start without a network."""

import io
import zipfile
from typing import Any

from infra.nag import flat
from interfaces.contract import GLUE_TYPES
from interfaces.contract import parse as parse_contract


def test_the_table_has_the_contracts_columns_and_a_partition_per_version(dev: Any) -> None:
    (table,) = (p["TableInput"] for p in dev.properties("AWS::Glue::Table"))
    columns = [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]]
    assert columns == [(c.name.lower(), GLUE_TYPES[c.type]) for c in dev.contract.columns]
    assert [c["Name"] for c in table["PartitionKeys"]] == ["dataset_version"]


def test_the_job_installs_its_wheels_without_a_network(dev: Any) -> None:
    (job,) = dev.properties("AWS::Glue::Job")
    arguments = job["DefaultArguments"]
    assert (job["GlueVersion"], job["Command"]["Name"], job["MaxRetries"]) == ("5.1", "glueetl", 0)
    assert job["ExecutionProperty"]["MaxConcurrentRuns"] > 1
    assert job["Timeout"] == dev.environment.ingest.timeout_minutes
    assert arguments["--python-modules-installer-option"] == "--no-index"
    wheels = flat(arguments["--additional-python-modules"]).rpartition("/")[2]
    assert wheels.endswith(".gluewheels.zip")
    with zipfile.ZipFile(io.BytesIO((dev.folder / f"asset.{wheels}").read_bytes())) as archive:
        names = archive.namelist()
        pins = archive.read("wheels/requirements.txt").decode().splitlines()
    assert len(pins) == len([n for n in names if n.endswith(".whl")]) > 0


def test_the_job_gets_the_contract_that_the_table_was_made_from(dev: Any) -> None:
    (job,) = dev.properties("AWS::Glue::Job")
    file = flat(job["DefaultArguments"]["--contract"]).rpartition("/")[2]
    assert parse_contract((dev.folder / f"asset.{file}").read_text(), file) == dev.contract


def test_what_the_job_writes_is_encrypted_its_log_as_well(dev: Any) -> None:
    (config,) = (p["EncryptionConfiguration"] for p in dev.properties("AWS::Glue::SecurityConfiguration"))
    assert config["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS"
    assert [e["S3EncryptionMode"] for e in config["S3Encryptions"]] == ["SSE-KMS"]
    assert config["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "CSE-KMS"
