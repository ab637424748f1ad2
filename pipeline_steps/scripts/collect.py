"""Step Collect of a retraining: captured rows that have labels become a landing drop, beside rows of the past."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from model_code.collect import combine, production
from model_code.monitoring.labels import Labels
from pipeline_steps.scripts import job

BLOCK_BYTES = 16 << 20


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="collect")
    for name in ("manifest", "dataset", "output", "report"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("capture", "labels"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--history-ratio", type=float, required=True)
    args = parser.parse_args(argv)
    manifest, contract = job.read_manifest(args.manifest)
    labels = Labels()
    for block in _blocks(args.labels):
        labels.add(block.splitlines())
    recent = production(_blocks(args.capture), labels, contract)
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
    """Whole lines of every file in a folder, in name order, about 16 MB at a time."""
    for path in sorted(p for p in Path(folder).rglob("*") if p.is_file()) if folder else ():
        with path.open("rb") as stream:
            while chunk := stream.read(BLOCK_BYTES):
                yield chunk + stream.readline()
