"""Entry of the steps archive: ``python3 steps.pyz VERB --option value …`` inside a Processing job."""

import importlib
import sys

from interfaces.errors import InterfaceError
from pipeline_steps.scripts.job import fail

VERBS = ("validate", "features", "evaluate", "baseline", "monitor", "collect")


def main(argv: list[str]) -> None:
    """Run one verb; its refusal becomes the job's exit message."""
    if not argv or argv[0] not in VERBS:
        fail(f"unknown step {argv[:1]}; allowed: {', '.join(VERBS)}")
    module = importlib.import_module(f"pipeline_steps.scripts.{argv[0]}")
    try:
        module.main(argv[1:])
    except (ValueError, KeyError, FileNotFoundError, InterfaceError) as error:
        fail(f"{argv[0]}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
