"""Step Features: divide the dataset version into train, validation and test without leakage."""

import argparse

from model_code.split import split
from pipeline_steps.scripts import job


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="features")
    for name in ("manifest", "dataset", "train", "validation", "test", "report"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    manifest, contract = job.read_manifest(args.manifest)
    rows = job.read_rows(args.dataset)
    parts = split(rows, contract, args.seed)
    sizes = {}
    for name in ("train", "validation", "test"):
        part = rows.iloc[getattr(parts, name)]
        job.write_rows(part, getattr(args, name))
        sizes[name] = len(part)
    job.write_json({"dataset_version": manifest.version, "method": parts.method, "rows": sizes}, args.report, "split.json")
    print(f"split by {parts.method}: {sizes}")
