"""The compiled pipeline definition, from the cache unless something that shapes it has changed.

Importing the SageMaker SDK costs seconds, so the compiler runs in a process of its own and only when the
hash of its inputs is new.
"""

import hashlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from interfaces.pipeline_settings import PipelineSettings

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".build" / "definition"


class DefinitionError(RuntimeError):
    """The pipeline definition does not compile; carries the compiler's last lines."""


def compiled(settings: PipelineSettings, cache: Path = CACHE) -> str:
    """The definition for these settings, with ``${Name}`` placeholders. Raises DefinitionError."""
    path = cache / f"{_key(settings)}.json"
    if not path.is_file():
        text = _compile(settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(text)
        partial.replace(path)
    return path.read_text()


def _compile(settings: PipelineSettings) -> str:
    command = [sys.executable, "-m", "pipeline_steps.definition.compile", json.dumps(asdict(settings))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise DefinitionError(f"the pipeline definition does not compile with {settings}:\n{tail}")
    return done.stdout


def _key(settings: PipelineSettings) -> str:
    digest = hashlib.sha256(settings.key().encode())
    inputs = [*(ROOT / "pipeline_steps" / "definition").glob("*.py"), *(ROOT / "interfaces").glob("*.py")]
    for path in [*sorted(inputs), ROOT / "requirements" / "dev.txt"]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
