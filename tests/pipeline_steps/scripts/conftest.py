"""One dataset version on disk, and one run of every step over it, as the pipeline would do; then traffic, and the analyzer on it."""

import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.manifest import Manifest
from interfaces.policy import Plan
from interfaces.reports import MonitorReport
from model_code.predict import predict
from model_code.validate import check
from pipeline_steps.scripts import baseline, evaluate, features, job, monitor, train, validate
from pipeline_steps.scripts.analyses import cloudwatch, inputs
from tests.pipeline_steps.scripts import traffic
from tests.pipeline_steps.scripts.traffic import END, START

Write = Callable[..., None]
Analysed = tuple[MonitorReport, Path, str]  # with the folder of its files, and the exit message


@dataclass(frozen=True)
class Folders:
    """The folders of a run; each step's output is a later step's input."""

    root: Path

    def __getattr__(self, name: str) -> str:
        return str(self.root / name)


@pytest.fixture(scope="session")
def write_version(contract: Contract) -> Write:
    """Write rows in two files and a manifest, some of whose fields may be changed, under a folder."""

    def write(folders: Folders, rows: pd.DataFrame, /, **changes: object) -> None:
        half = len(rows) // 2
        job.write_rows(rows.iloc[:half], folders.dataset)
        job.write_rows(rows.iloc[half:], folders.dataset, "part-00001.parquet")
        fields = {"schema_fingerprint": contract.fingerprint(), "rows": len(rows), "quarantined": 0, "contract": contract.to_dict()}
        manifest = Manifest(version="v1", drop="d", content_hash="ab", created_at="2026-11-01T00:00:00Z", **(fields | changes))
        (folders.root / "manifest").mkdir()
        (folders.root / "manifest" / "v1.json").write_text(manifest.to_json())

    return write


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, rows: pd.DataFrame, write_version: Write) -> Folders:
    """A version that went through every step."""
    at = Folders(tmp_path_factory.mktemp("run"))
    write_version(at, rows)
    validate.main(["--manifest", at.manifest, "--dataset", at.dataset, "--output", at.validation_report])
    parts = ["--train", at.train, "--validation", at.validation, "--test", at.test, "--report", at.split]
    features.main(["--manifest", at.manifest, "--dataset", at.dataset, *parts, "--seed", "5"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SM_CHANNEL_MANIFEST", at.manifest)
        patch.setenv("SM_CHANNEL_TRAIN", at.train)
        patch.setenv("SM_MODEL_DIR", at.artefact)
        train.main(["--max_iter", "20", "--learning_rate", "0.2"])
    pack(Path(at.artefact), Path(at.model))
    (at.root / "plan").mkdir()
    (at.root / "plan" / "plan.json").write_text(Plan("auc", 0.05, (), {}).to_json())
    inputs = ["--model", at.model, "--manifest", at.manifest, "--test", at.test, "--champion", at.nothing, "--plan", at.plan]
    inputs += ["--champion-uri", "s3://b/nothing.txt"]
    evaluate.main([*inputs, "--output", at.evaluation])
    rows = ["--manifest", at.manifest, "--train", at.train, "--test", at.test]
    baseline.main([*rows, "--model", at.model, "--output", at.baseline])
    return at


def pack(artefact: Path, folder: Path) -> None:
    """What SageMaker does after a training job."""
    folder.mkdir()
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        for entry in sorted(artefact.iterdir()):
            archive.add(entry, entry.name)


@pytest.fixture(scope="session", name="pack")
def _pack() -> Callable[[Path, Path], None]:
    return pack


@pytest.fixture
def message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a Processing job's ExitMessage, in a place that a test may write to."""
    monkeypatch.setattr(job, "EXIT_MESSAGE", tmp_path / "output" / "message")
    return tmp_path / "output" / "message"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Path) -> None:
    """What the analyzer finds and leaves at fixed places, in places of the test's own."""
    monkeypatch.setattr(cloudwatch, "FOLDER", tmp_path / "metrics")
    monkeypatch.setattr(inputs, "JOB_CONFIG", tmp_path / "processingjobconfig.json")


@pytest.fixture
def analyse(finished: Folders, elsewhere: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Path) -> Callable[..., Analysed]:
    """Run the analyzer on what lies in ``captured`` and ``labels``, against the finished run's baselines."""
    base = Path(finished.baseline)

    def go(**changes: Any) -> Analysed:
        kind = changes.get("analysis_type", "DATA_QUALITY")
        folder = base / {"MODEL_QUALITY": "model_quality", "MODEL_BIAS": "bias", "MODEL_EXPLAINABILITY": "explainability"}.get(kind, "")
        with_file = "analysis.json" if kind in ("MODEL_BIAS", "MODEL_EXPLAINABILITY") else "constraints.json"
        given = {
            "dataset_source": str(tmp_path / "captured"),
            "output_path": str(tmp_path / "out"),
            "start_time": traffic.moment(START),
            "end_time": traffic.moment(END),
            "baseline_constraints": str(folder / with_file),
            "baseline_statistics": "" if with_file == "analysis.json" else str(folder / "statistics.json"),
            "contract": str(finished.root / "manifest"),
            "ground_truth_source": str(tmp_path / "labels"),
            "analysis_config": str(base / "analysis_config.json"),
            "model": finished.model,
            "sagemaker_endpoint_name": "shop",
            "sagemaker_monitoring_schedule_name": "hourly",
            **changes,
        }
        for name in AnalyzerSettings.__dataclass_fields__:
            monkeypatch.delenv(name, raising=False)
        for name, value in AnalyzerSettings(**given).environment().items():
            monkeypatch.setenv(name, value)
        monitor.main([])
        out = tmp_path / "out"
        return MonitorReport.from_dict(json.loads((out / "monitor.json").read_text())), out, message.read_text()

    return go


@pytest.fixture
def serve(finished: Folders, contract: Contract, raw_rows: Callable[..., pd.DataFrame], tmp_path: Path) -> Callable[..., pd.DataFrame]:
    """Capture what the endpoint would answer to rows, and write labels for them; both may be changed on the way."""
    bundle = evaluate.read_bundle(Path(finished.model))

    def go(
        count: int = 400,
        seed: int = 7,
        change: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows,
        relabel: Callable[[pd.Series], pd.Series] = lambda labels: labels,
    ) -> pd.DataFrame:
        raw = change(raw_rows(count, seed))
        columns = [c.name for c in contract.features]
        answers = predict(bundle, check(raw, contract).rows)
        truth = relabel(raw["bought"])
        lines, labels = [], []
        for i, row in enumerate(raw[columns].itertuples(index=False)):
            answered = f"{answers.predicted[i]},{answers.probability[i]}\n"
            when = START + timedelta(seconds=3600 * i / count)
            lines.append(traffic.record(",".join(row), answered, when=when, event=f"e{seed}-{i}"))
            labels.append(traffic.label(f"e{seed}-{i}", truth.iloc[i]))
        traffic.write(lines, tmp_path / "captured" / "shop" / "AllTraffic", name=f"{seed}.jsonl")
        traffic.write(labels, tmp_path / "labels", when=END, name=f"{seed}.jsonl")
        return raw

    return go
