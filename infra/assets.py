"""Everything that is shipped, built without Docker: hash of the content in, same bytes out.

An asset's name is the hash of its files' names and contents, not of the archive's bytes, so that another
zlib does not make another deployment.
"""

import gzip
import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / ".envs" / "vendor"
_SKIP_PARTS = {"__pycache__", "bin", "wrapt-stubs"}
_SKIP_SUFFIXES = {".pyc", ".so", ".pyi", ".c"}
_EPOCH = (1980, 1, 1, 0, 0, 0)
_STEPS_MAIN = b"import sys\n\nfrom pipeline_steps.scripts.__main__ import main\n\nmain(sys.argv[1:])\n"


class AssetError(RuntimeError):
    """An asset cannot be built: says what is missing and which command provides it."""


@dataclass(frozen=True)
class Asset:
    """A file to ship: its content hash, its extension and its bytes."""

    digest: str
    extension: str
    content: bytes

    @property
    def file_name(self) -> str:
        return f"{self.digest}{self.extension}"


@dataclass(frozen=True)
class Location:
    """Where an asset will be: tokens for the bucket, the key as deployed."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def function(verb: str, files: Mapping[str, str] | None = None) -> Asset:
    """The zip of one Lambda: its package with further files, what the functions share, interfaces, vendored libraries."""
    beside = {f"lambdas/{verb}/{name}": content.encode() for name, content in (files or {}).items()}
    return _zip({**_function_files(verb), **beside}, ".zip")


def steps() -> Asset:
    """The archive that Processing jobs run: ``python3 steps.pyz VERB``."""
    files = {"__main__.py": _STEPS_MAIN, **_sources("pipeline_steps/__init__.py", "pipeline_steps/scripts", "model_code", "interfaces")}
    return _zip(files, ".pyz")


def source() -> Asset:
    """The training code as the training image unpacks it; it carries the serving code along."""
    files = _sources("pipeline_steps/__init__.py", "pipeline_steps/scripts", "pipeline_steps/serving", "model_code", "interfaces")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o644
            archive.addfile(info, io.BytesIO(content))
    return Asset(_digest(files), ".tar.gz", gzip.compress(buffer.getvalue(), mtime=0))


def ingest_script() -> Asset:
    """The Glue job's script."""
    content = (ROOT / "pipeline_steps" / "ingest" / "glue_main.py").read_bytes()
    return Asset(_digest({"glue_main.py": content}), ".py", content)


def ingest_library() -> Asset:
    """What the Glue job imports of ours, as ``--extra-py-files``."""
    return _zip(
        _sources("pipeline_steps/__init__.py", "pipeline_steps/ingest", "model_code/__init__.py", "model_code/validate.py", "interfaces"),
        ".zip",
    )


def glue_wheels() -> Asset:
    """The wheels of the Glue job, in the archive form that Glue installs without a network."""
    wheels = sorted((VENDOR / "glue").glob("*.whl"))
    if not wheels:
        raise AssetError(f"no wheels in {VENDOR / 'glue'}; run: make install")
    files = {f"wheels/{w.name}": w.read_bytes() for w in wheels}
    pins = ["==".join(w.name.split("-")[:2]) for w in wheels]
    files["wheels/requirements.txt"] = ("\n".join(pins) + "\n").encode()
    return _zip(files, ".gluewheels.zip")


def text(content: str, extension: str) -> Asset:
    """A small text file, such as the dataset contract."""
    return Asset(_digest({extension: content.encode()}), extension, content.encode())


def _function_files(verb: str) -> dict[str, bytes]:
    return {**vendored(), **_sources("lambdas/__init__.py", f"lambdas/{verb}", "lambdas/shared", "interfaces")}


@cache
def vendored() -> dict[str, bytes]:
    """The libraries of every function, by their place in its zip, read once."""
    folder = VENDOR / "lambda"
    if not folder.is_dir():
        raise AssetError(f"{folder} does not exist; run: make install")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in _files(folder)}


def _sources(*paths: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in paths:
        start = ROOT / path
        if not start.exists():
            raise AssetError(f"{start} does not exist")
        for file in [start] if start.is_file() else _files(start):
            found[file.relative_to(ROOT).as_posix()] = file.read_bytes()
    return found


def _files(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _SKIP_PARTS & set(path.relative_to(folder).parts) and path.suffix not in _SKIP_SUFFIXES:
            yield path


def _zip(files: dict[str, bytes], extension: str) -> Asset:
    digest = _digest(files)
    cached = ROOT / ".build" / "assets" / f"{digest}{extension}"
    if not cached.is_file():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(files.items()):
                info = zipfile.ZipInfo(name, _EPOCH)
                info.external_attr = 0o644 << 16
                archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        cached.parent.mkdir(parents=True, exist_ok=True)
        partial = cached.with_suffix(".partial")
        partial.write_bytes(buffer.getvalue())
        shutil.move(partial, cached)
    return Asset(digest, extension, cached.read_bytes())


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0".encode())
        digest.update(_sha256(content))
    return digest.hexdigest()


@cache
def _sha256(content: bytes) -> bytes:
    """Of a file; those that every function carries are hashed once."""
    return hashlib.sha256(content).digest()
