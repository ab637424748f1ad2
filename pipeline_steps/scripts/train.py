"""Step Train: fit the estimator on the training rows and write the model artefact.

Runs as the training image's script: hyperparameters arrive as ``--name value``, channels as
``SM_CHANNEL_*``, and what is under ``SM_MODEL_DIR`` becomes model.tar.gz. The serving code travels inside
the artefact, so that an endpoint under network isolation needs nothing else.
"""

import argparse
import os
import shutil
import sys
from dataclasses import fields
from pathlib import Path

import joblib

from interfaces.errors import InterfaceError
from model_code import estimator
from model_code.predict import Bundle
from pipeline_steps.scripts import job

CODE_DIR = Path(__file__).resolve().parents[2]
_SERVED = ("model_code", "interfaces")


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="train", allow_abbrev=False)
    for field in fields(estimator.Params):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        raise ValueError(f"unknown hyperparameters {unknown}; allowed: {', '.join(f.name for f in fields(estimator.Params))}")
    _, contract = job.read_manifest(os.environ["SM_CHANNEL_MANIFEST"])
    rows = job.read_rows(os.environ["SM_CHANNEL_TRAIN"])
    params = estimator.Params(**{f.name: getattr(args, f.name) for f in fields(estimator.Params)})
    bundle = Bundle(estimator.fit(contract, params, rows), contract)
    write_artefact(bundle, Path(os.environ["SM_MODEL_DIR"]))
    print(f"trained on {len(rows)} rows with {params}")


def write_artefact(bundle: Bundle, folder: Path) -> None:
    """``model.joblib`` and, under ``code/``, the serving code with everything that it imports."""
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(bundle.to_dict(), folder / "model.joblib")
    code = folder / "code"
    serving = CODE_DIR / "pipeline_steps" / "serving"
    shutil.copytree(serving, code, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    for package in _SERVED:
        shutil.copytree(CODE_DIR / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ValueError, KeyError, FileNotFoundError, InterfaceError) as error:
        # the training image's own reporting goes through this file (FailureReason of the job)
        failure = Path("/opt/ml/output/failure")
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(f"train: {error}"[:1024])
        job.fail(f"train: {error}")
