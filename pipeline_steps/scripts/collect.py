"""Step Collect of a retraining: captured rows that have labels become a landing drop, beside rows of the past."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from model_code.collect import combine, production
from model_code.monitoring.labels import Labels, reader
from model_code.monitoring.records import Tally
from pipeline_steps.scripts import batches, blocks, job


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="collect")
    for name in ("manifest", "dataset", "output", "report"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("capture", "labels", "batch-input", "batch-output"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--history-ratio", type=float, required=True)
    args = parser.parse_args(argv)
    manifest, contract = job.read_manifest(args.manifest)
    labels = Labels(read=reader(contract))
    for block in _blocks(args.labels):
        labels.add(block.splitlines())
    names = [c.name for c in contract.columns]
    batch = batches.blocks(args.batch_input, args.batch_output, names, Tally()) if args.batch_input else iter(())
    recent = production(chain(_blocks(args.capture), batch), labels, contract)
    rows = combine(job.read_rows(args.dataset), recent, contract, args.history_ratio)
    target = Path(args.output)
    target.mkdir(parents=True, exist_ok=True)
    rows.to_csv(target / "rows.csv", index=False)
    report = {
        "rows": len(rows),
        "labelled": len(recent),
        "from": manifest.version,
        "labels": asdict(labels.counts(len(recent), len(recent))),
    }
    job.write_json(report, args.report, "collected.json")
    print(f"collected {len(recent)} labelled rows of production beside {len(rows) - len(recent)} of {manifest.version}")


def _blocks(folder: str) -> Iterator[bytes]:
    """Whole lines of every file in a folder, in name order."""
    return blocks.of_files(sorted(p for p in Path(folder).rglob("*") if p.is_file())) if folder else iter(())
