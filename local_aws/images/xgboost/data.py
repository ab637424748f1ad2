"""Channels of the XGBoost image's algorithm mode: text/csv (label first, no header), text/libsvm and parquet, as matrices.

As in aws/sagemaker-xgboost-container, data_utils.py and algorithm_mode/channel_validation.py.
"""

import csv
import tempfile
from pathlib import Path

from .errors import NotHere, UserError

KINDS = {
    "csv": "csv", "text/csv": "csv",
    "libsvm": "libsvm", "text/libsvm": "libsvm", "text/x-libsvm": "libsvm",
    "parquet": "parquet", "application/x-parquet": "parquet",
    "recordio-protobuf": "recordio", "application/x-recordio-protobuf": "recordio",
}  # fmt: skip
DEFAULT_TYPE = "text/libsvm"
DEEPEST = 3  # folders below a channel's whose files are read


def kind_of(content_type):
    """The kind of a content type, its parameters aside. Raises UserError."""
    name, *parameters = (part.strip().lower() for part in (content_type or DEFAULT_TYPE).split(";"))
    if name not in KINDS:
        raise UserError(f"{content_type} is not an accepted ContentType: {', '.join(KINDS)}.")
    size = dict(p.partition("=")[::2] for p in parameters).get("label_size", "1")
    if KINDS[name] == "csv" and size != "1":
        raise UserError(f"{content_type} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1")
    return KINDS[name]


def check_channels(channels):
    """The kind of data in the channels ``train`` and, if there is one, ``validation``. Raises UserError."""
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    for name, channel in channels.items():
        if name not in ("train", "validation"):
            raise UserError(f"Extraneous channel found: {name}; algorithm mode reads train and validation")
        if channel.get("ContentType", DEFAULT_TYPE) not in KINDS:
            raise UserError(
                f"Channel configuration for '{name}' channel is not supported: ContentType {channel['ContentType']!r}; "
                f"allowed: {', '.join(KINDS)}"
            )
    # the image reads both as what the training channel is
    kind = kind_of(channels["train"].get("ContentType"))
    if kind == "recordio":
        raise NotHere("data in recordio-protobuf (channel train)")
    return kind


def read(folder, kind, weighted):
    """The matrix of a channel's files, None when they are empty. Raises UserError."""
    found = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    if any(p.name.startswith(".") for p in found):
        raise UserError("Hidden file found in the data path! Remove that before training.")
    if not sum(p.stat().st_size for p in found):
        return None
    found = [p for p in found if len(p.relative_to(folder).parts) <= DEEPEST]
    for path in found:
        if kind != "parquet":
            with path.open(errors="ignore") as lines:
                (delimiter_of if kind == "csv" else check_libsvm)(lines.readline(), path.name)
    # XGBoost reads a folder and not what is below it: all files are linked into one. It looks at every neighbour of that folder
    # too, and fails when one goes meanwhile: the folder has none.
    with tempfile.TemporaryDirectory(prefix="xgboost-") as alone:
        flat = Path(alone, "channel")
        flat.mkdir()
        for number, path in enumerate(found):
            (flat / f"{number:06d}-{path.name}").symlink_to(path)
        matrix = {"csv": _csv, "libsvm": _libsvm, "parquet": _parquet}[kind](flat, weighted)
    if matrix.get_label().size == 0:
        raise UserError("Got input data without labels. Please check the input data set.")
    return matrix


def delimiter_of(line, name):
    try:
        return csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        raise UserError(f"Could not determine delimiter on line {line[:50]} of file {name}:\n{error}") from None


def check_libsvm(line, name):
    """``<label>(:<weight>) <index>:<value> …``"""
    try:
        label, *features = line.split()
        numbers = [float(part) for part in label.split(":")]
        fits = len(numbers) <= 2 and all(":" in f for f in features)
    except ValueError:
        fits = False
    if not fits:
        raise UserError(f"First line '{line[:50]}...' of file '{name}' is not 'LIBSVM' format: <label> <index>:<value> …")


def _csv(folder, weighted):
    import xgboost

    first = sorted(folder.iterdir())[0]
    with first.open() as lines:
        delimiter = delimiter_of(lines.readline(), first.name)
    columns = "&weight_column=1" if weighted else ""
    return _loaded("csv", lambda: xgboost.DMatrix(f"{folder}?format=csv&label_column=0&delimiter={delimiter}{columns}"))


def _libsvm(folder, weighted):
    import xgboost

    return _loaded("libsvm", lambda: xgboost.DMatrix(f"{folder}?format=libsvm"))


def _parquet(folder, weighted):
    import pyarrow.parquet
    import xgboost

    def load():
        table = pyarrow.parquet.read_table(folder).to_pandas().to_numpy()
        return xgboost.DMatrix(table[:, 1:], label=table[:, 0])

    return _loaded("parquet", load)


def _loaded(kind, load):
    try:
        return load()
    except Exception as error:
        raise UserError(f"Failed to load {kind} data with exception:\n{error}") from None
