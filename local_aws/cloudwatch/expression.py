"""Metric math: arithmetic, comparisons, FILL and IF. Every other function is refused by its name."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_aws.errors import Unsupported, validation

Series = Sequence[float | None]

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>==|!=|<=|>=|[-+*/<>(),]))")
_OPERATORS: tuple[dict[str, Callable[[float, float], Any]], ...] = (
    {"==": operator.eq, "!=": operator.ne, "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
)
FUNCTIONS = ("FILL", "IF")


class _Parser:
    """Recursive descent: one level per precedence, weakest first. A value is a series, numbers included."""

    def __init__(self, text: str, values: Mapping[str, Series], length: int) -> None:
        self._text, self._values, self._length = text, values, length
        self._tokens = _tokens(text)

    def parse(self) -> Series:
        value = self._level(0)
        if self._tokens:
            raise self._fault(f"unexpected {self._tokens[0]!r}")
        return value

    def _level(self, level: int) -> Series:
        if level == len(_OPERATORS):
            return self._factor()
        left = self._level(level + 1)
        while self._tokens and self._tokens[0] in _OPERATORS[level]:
            act = _OPERATORS[level][self._tokens.pop(0)]
            left = [_apply(act, a, b) for a, b in zip(left, self._level(level + 1), strict=True)]
        return left

    def _factor(self) -> Series:
        word = self._next()
        if word == "(":
            value = self._level(0)
            self._expect(")")
            return value
        if word == "-":
            return [None if v is None else -v for v in self._factor()]
        if word[0].isdigit():
            return [float(word)] * self._length
        if self._tokens[:1] == ["("]:
            return self._call(word)
        if word not in self._values:
            raise self._fault(f"{word!r} is not the Id of a metric; given: {', '.join(sorted(self._values))}")
        return self._values[word]

    def _call(self, name: str) -> Series:
        if name.upper() not in FUNCTIONS:
            raise Unsupported(f"the metric math function {name} (it does {', '.join(FUNCTIONS)}, arithmetic and comparisons)")
        self._expect("(")
        given = [self._level(0)]
        while self._tokens[:1] == [","]:
            self._tokens.pop(0)
            given.append(self._level(0))
        self._expect(")")
        if len(given) != (2 if name.upper() == "FILL" else 3):
            raise self._fault(f"{name} takes {2 if name.upper() == 'FILL' else 3} arguments, found {len(given)}")
        if name.upper() == "FILL":
            return [other if value is None else value for value, other in zip(*given, strict=True)]
        return [None if when is None else (yes if when else no) for when, yes, no in zip(*given, strict=True)]

    def _next(self) -> str:
        if not self._tokens:
            raise self._fault("it ends too early")
        return self._tokens.pop(0)

    def _expect(self, word: str) -> None:
        if self._next() != word:
            raise self._fault(f"expected {word!r}")

    def _fault(self, what: str) -> Exception:
        return validation(f"Invalid metric math expression {self._text!r}: {what}")


def evaluate(text: str, values: Mapping[str, Series]) -> Series:
    """An expression over series of equal length, point by point; missing where an operand is. Raises AwsError."""
    length = len(next(iter(values.values()), ()))
    return _Parser(text, values, length).parse()


def check(text: str, ids: Sequence[str]) -> None:
    """Raises AwsError for an expression that cannot be evaluated over metrics of these ids."""
    _Parser(text, {id: [1.0] for id in ids}, 1).parse()


def _apply(act: Callable[[float, float], Any], a: float | None, b: float | None) -> float | None:
    if a is None or b is None or (act is operator.truediv and b == 0):
        return None
    return float(act(a, b))


def _tokens(text: str) -> list[str]:
    out, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise validation(f"Invalid metric math expression {text!r}: unexpected {text[at:].strip()[:1]!r}")
        out.append(str(found[found.lastgroup or 0]))
        at = found.end()
    return out
