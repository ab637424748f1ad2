"""The artefact holds a model trained as asked, and all the code that serves it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_code import estimator
from model_code.predict import Bundle, predict
from pipeline_steps.scripts import job, train
from pipeline_steps.scripts.evaluate import read_bundle


def test_the_model_is_that_of_the_training_rows_and_hyperparameters(finished, contract, rows):
    params = estimator.Params(max_iter=20, learning_rate=0.2)
    expected = Bundle(estimator.fit(contract, params, job.read_rows(finished.train)), contract)
    got = read_bundle(Path(finished.model))
    assert got.contract == contract
    assert (predict(got, rows).probability == predict(expected, rows).probability).all()


def test_an_unknown_hyperparameter_is_refused_with_those_allowed():
    with pytest.raises(ValueError, match=r"unknown hyperparameters \['--depth', '3'\]; allowed: learning_rate, max_iter"):
        train.main(["--depth", "3"])


def test_the_artefact_serves_with_its_own_code_alone(finished, tmp_path):
    code = Path(finished.artefact) / "code"
    script = f"""
import sys
sys.path.insert(0, {str(code)!r})
import inference, payload, interfaces, model_code.predict
inference.model_fn({finished.artefact!r})
rows = inference.input_fn(b'2026-01-01,10.5,33,Bern,f,true', 'text/csv')
response = inference.output_fn(inference.predict_fn(rows, inference._bundle), 'application/json')
print(response.status, response.get_data(as_text=True))
for module in (inference, payload, interfaces, model_code.predict):
    assert module.__file__.startswith({str(code)!r}), module.__file__
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # the artefact is looked at again below
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('200 OK {"predictions": [{"label": "1", "probability": 0.')


def test_the_artefact_carries_no_bytecode(finished):
    assert not list(Path(finished.artefact).rglob("__pycache__"))
    assert (Path(finished.artefact) / "code" / "setup.py").is_file()
