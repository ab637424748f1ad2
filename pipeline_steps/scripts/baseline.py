"""Step Baseline: statistics and constraints of the training rows, for the monitors to compare with."""

import argparse

from interfaces.reports import CONSTRAINTS_FILE, STATISTICS_FILE
from model_code.baseline import constraints, statistics
from pipeline_steps.scripts import job


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="baseline")
    for name in ("manifest", "train", "output"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args(argv)
    _, contract = job.read_manifest(args.manifest)
    rows = job.read_rows(args.train)
    job.write_json(statistics(contract, rows), args.output, STATISTICS_FILE)
    job.write_json(constraints(contract, rows), args.output, CONSTRAINTS_FILE)
    print(f"baseline of {len(rows)} rows, {len(contract.features)} features")
