"""One dataset version on disk, and one run of every step over it, as the pipeline would do."""

import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from interfaces.contract import Contract
from interfaces.manifest import Manifest
from interfaces.policy import Plan
from pipeline_steps.scripts import baseline, evaluate, features, job, train, validate

Write = Callable[..., None]


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
