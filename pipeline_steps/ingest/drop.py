"""A landing drop: its files, fetched and fingerprinted in one pass with bounded memory."""

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

import awswrangler as wr

from interfaces import layout

_CHUNK = 1 << 20


class Refused(Exception):
    """The drop cannot become a dataset version; the message is for whoever landed it."""


@dataclass(frozen=True)
class LandedFile:
    """One data file, on local disk."""

    name: str
    path: Path
    sha256: str


def fetch(bucket: str, drop: str, folder: Path) -> list[LandedFile]:
    """Download every data file of a drop, in name order. Raises Refused."""
    prefix = f"s3://{bucket}/{layout.drop_prefix(drop)}"
    uris = sorted(uri for uri in wr.s3.list_objects(prefix) if not uri.endswith((f"/{layout.SUCCESS_MARKER}", "/")))
    if not uris:
        raise Refused("the drop has no data file beside _SUCCESS; land at least one .csv")
    files = []
    for number, uri in enumerate(uris):
        name = uri.removeprefix(prefix)
        if not name.lower().endswith(".csv"):
            raise Refused(f"file {name!r} is not a .csv; allowed: .csv files, UTF-8, with a header")
        path = folder / f"{number:05d}.csv"
        wr.s3.download(uri, str(path))
        files.append(LandedFile(name, path, _fingerprint(name, path)))
    return files


def _fingerprint(name: str, path: Path) -> str:
    """SHA-256 of the bytes; on the way, proof that they are UTF-8. Raises Refused with the offset of the first that is not."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                offset = position - pending + error.start
                raise Refused(
                    f"file {name!r} is not UTF-8: byte 0x{error.object[error.start]:02x} at offset {offset}; save it as UTF-8"
                ) from None
            position += len(chunk)
    if position == 0:
        raise Refused(f"file {name!r} is empty; it needs a header and rows")
    return digest.hexdigest()
