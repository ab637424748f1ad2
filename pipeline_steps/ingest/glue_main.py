"""Entry of the Glue job (Glue 5.1, Python 3.11). The streaming engine; a Spark engine will stand beside it."""

import argparse
import sys

from pipeline_steps.ingest.ingest import Ingest, Settings


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="ingest")
    for name in ("drop", "contract", "landing_bucket", "data_bucket", "database", "table"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--max_bad_share", type=float, required=True)
    args, _ = parser.parse_known_args(argv)  # Glue adds arguments of its own
    Ingest(Settings(**vars(args))).run()


if __name__ == "__main__":
    main(sys.argv[1:])
