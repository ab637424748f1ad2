"""Step Validate: does the dataset version hold what its manifest and contract promise?"""

import argparse

from interfaces.contract import Contract
from interfaces.manifest import Manifest
from model_code.quality import dataset_report
from pipeline_steps.scripts import job


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="validate")
    parser.add_argument("--manifest", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--output", required=True)
    args = parser.parse_args(argv)
    manifest, contract = job.read_manifest(args.manifest)
    rows = job.read_rows(args.dataset)
    _agrees(manifest, contract, len(rows))
    report = dataset_report(rows, contract)
    job.write_json({"dataset_version": manifest.version, **report}, args.output, "validation.json")
    if report["faults"]:
        raise ValueError(f"dataset {manifest.version}: " + "; ".join(report["faults"]))
    print(f"dataset {manifest.version}: {len(rows)} rows hold the contract {contract.name!r}")


def _agrees(manifest: Manifest, contract: Contract, rows: int) -> None:
    if contract.fingerprint() != manifest.schema_fingerprint:
        raise ValueError(f"dataset {manifest.version}: the contract in the manifest is not the one it was ingested under")
    if rows != manifest.rows:
        raise ValueError(f"dataset {manifest.version}: the manifest promises {manifest.rows} rows, the files hold {rows}")
