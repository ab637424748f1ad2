"""The baseline on disk is that of the training rows."""

import json
from pathlib import Path

from model_code import baseline
from pipeline_steps.scripts import job


def test_statistics_and_constraints_are_those_of_the_training_rows(finished, contract):
    train = job.read_rows(finished.train)
    folder = Path(finished.baseline)
    assert json.loads((folder / "statistics.json").read_text()) == json.loads(json.dumps(baseline.statistics(contract, train)))
    assert json.loads((folder / "constraints.json").read_text()) == baseline.constraints(contract, train)
    assert json.loads((folder / "statistics.json").read_text())["dataset"]["item_count"] == len(train) < 600
