"""Lines in blocks of bounded size: what is read at a time, however many files or records there are."""

from collections.abc import Iterable, Iterator
from pathlib import Path

BLOCK_BYTES = 16 << 20


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces put together until they are about `BLOCK_BYTES` long; no piece is divided."""
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def of_files(files: Iterable[Path]) -> Iterator[bytes]:
    """Whole lines: many small files make one block, a large file several."""
    return joined(piece for path in files for piece in _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as lines:
        while piece := lines.read(BLOCK_BYTES):
            if not piece.endswith(b"\n"):
                piece += lines.readline()
            yield piece if piece.endswith(b"\n") else piece + b"\n"
