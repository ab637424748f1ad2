"""Files of batch transforms as blocks of capture records."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from model_code.monitoring import batch, records
from model_code.monitoring.records import Tally
from pipeline_steps.scripts.blocks import joined


def blocks(given: str, answered: str, names: Sequence[str], tally: Tally, moment: str = "") -> Iterator[bytes]:
    """What batch transforms were ``given`` and what they ``answered``, two folders, in blocks of bounded size.

    The answers to ``a/b.csv`` are ``a/b.csv.out``; without them the file is a fault in the tally. ``names`` are the columns of headerless
    files. Records have the inference time ``moment``, or the one that stands in the answers.
    """
    return joined(record.encode() for record in _records(given, answered, names, tally, moment))


def _records(given: str, answered: str, names: Sequence[str], tally: Tally, moment: str) -> Iterator[str]:
    for path in sorted(p for p in Path(given).rglob("*") if p.is_file()):
        name = path.relative_to(given).as_posix()
        answers = Path(answered) / f"{name}.out"
        if answers.is_file():
            yield from batch.records(partial(_text, path), partial(_text, answers), name, moment, names)
        else:
            tally.records += 1
            tally.faults[records.NO_OUTPUT] += 1


def _text(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        yield from lines
