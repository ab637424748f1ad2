"""Rows of a batch transform as capture records: the lines of an input file with those of its output.

A batch transform captures manifests, and what they list are the job's own files. Where ``GenerateInferenceId`` was set, the last two
cells or fields of each answer are the record's id and the job's start (docs: model-monitor-data-capture-batch).
"""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from interfaces.header import names_columns

ID, TIME = "SageMakerInferenceId", "SageMakerInferenceTime"
_APPENDED = re.compile(r"^(.*),\s*([0-9a-fA-F-]{36}),\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$")
_SIDE = '"{side}":{{"observedContentType":"{kind}","mode":"{mode}","data":{data},"encoding":"{encoding}"}}'
Lines = Callable[[], Iterable[str]]
_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Answer:
    """A line of an output without what was appended to it, and that: empty where nothing was."""

    told: str
    id: str = ""
    moment: str = ""


def records(given: Lines, answered: Lines, name: str, moment: str, header: Sequence[str] = ()) -> Iterator[str]:
    """A capture record per line. Its id is the appended one, else ``name`` and the row's number; the time ``moment``, or the appended one.

    ``given`` and ``answered`` open the files anew: they are counted first, and then read side by side. ``header`` are the columns
    that a first line may name: every row is then told with it. Files of different lengths cannot be told row by row: they are
    one record, and what is wrong with it is found where records are read.
    """
    rows, answers = (sum(1 for _ in _lines(side)) for side in (given, answered))
    first = next(_lines(given), "")
    named = bool(header) and rows == answers + 1 and _names(first, header)
    if rows - named != answers:
        yield _record("\n".join(_lines(given)), "\n".join(_separated(a).told for a in _lines(answered)), name, moment)
        return
    inputs = itertools.islice(_lines(given), int(named), None)
    for number, (row, answer) in enumerate(zip(inputs, _lines(answered), strict=True)):
        found = _separated(answer)
        yield _record(f"{first}\n{row}" if named else row, found.told, found.id or f"{name}/{number}", moment or found.moment)


def _lines(side: Lines) -> Iterator[str]:
    return (line.rstrip("\r\n") for line in side() if line.strip())


def _names(line: str, header: Sequence[str]) -> bool:
    return names_columns([cell.strip().strip('"') for cell in line.split(",")], header)


def _separated(answer: str) -> Answer:
    if found := _APPENDED.match(answer):
        return Answer(*found.groups())
    if answer.startswith("{") and ID in answer:
        try:
            told = json.loads(answer)
        except ValueError:
            return Answer(answer)
        id, moment = str(told.pop(ID, "")), str(told.pop(TIME, ""))
        return Answer(_encode(told), id, moment)
    return Answer(answer)


def _record(given: str, answered: str, id: str, moment: str) -> str:
    sides = ",".join(
        _SIDE.format(side=side, mode=mode, data=_encode(data), **_form(data))
        for side, mode, data in (("endpointInput", "INPUT", given), ("endpointOutput", "OUTPUT", answered))
    )
    time = f',"inferenceTime":"{moment}"' if moment else ""
    metadata = f'{{"eventId":{_encode(id)}{time}}}'
    return f'{{"captureData":{{{sides}}},"eventMetadata":{metadata},"eventVersion":"0"}}\n'


def _form(data: str) -> dict[str, str]:
    if data[:1] in "{[" and data:
        return {"kind": "application/jsonlines", "encoding": "JSON"}
    return {"kind": "text/csv", "encoding": "CSV"}
