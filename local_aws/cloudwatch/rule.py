"""The rule of a composite alarm: ALARM, OK and INSUFFICIENT_DATA of other alarms, with AND, OR and NOT."""

import re
from collections.abc import Callable

from local_aws.errors import validation

_TOKEN = re.compile(r'\s*(?:(?P<quoted>"[^"]*")|(?P<sign>[()])|(?P<word>[^\s()"]+))')
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")

Rule = Callable[[Callable[[str], str]], bool]


def parse(text: str) -> tuple[Rule, frozenset[str]]:
    """(rule: whether it holds, given each alarm's state; names of the alarms in it). Raises AwsError."""
    parser = _Parser(text)
    rule = parser.either()
    if parser.tokens:
        raise parser.fault(f"unexpected {parser.tokens[0]!r}")
    return rule, frozenset(parser.names)


class _Parser:
    """NOT binds tighter than AND, AND tighter than OR."""

    def __init__(self, text: str) -> None:
        self.text, self.names = text, set[str]()
        self.tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if not found:
                raise self.fault(f"cannot read {text[at : at + 20]!r}")
            self.tokens.append(str(found[found.lastgroup or 0]))
            at = found.end()

    def either(self) -> Rule:
        parts = [self._both()]
        while self._follows("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda state: any(part(state) for part in parts)

    def _both(self) -> Rule:
        parts = [self._one()]
        while self._follows("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda state: all(part(state) for part in parts)

    def _one(self) -> Rule:
        if self._follows("NOT"):
            inner = self._one()
            return lambda state: not inner(state)
        word = self._next()
        if word == "(":
            rule = self.either()
            self._expect(")")
            return rule
        if word.upper() in ("TRUE", "FALSE"):
            return lambda _: word.upper() == "TRUE"
        if word.upper() not in STATES:
            raise self.fault(f"found {word!r}; allowed: {', '.join(STATES)}, TRUE, FALSE, NOT and parentheses")
        self._expect("(")
        name = self._next().strip('"').split(":alarm:", 1)[-1]
        self._expect(")")
        self.names.add(name)
        return lambda state: state(name) == word.upper()

    def _follows(self, word: str) -> bool:
        if self.tokens and self.tokens[0].upper() == word:
            self.tokens.pop(0)
            return True
        return False

    def _next(self) -> str:
        if not self.tokens:
            raise self.fault("it ends too early")
        return self.tokens.pop(0)

    def _expect(self, word: str) -> None:
        found = self._next()
        if found != word:
            raise self.fault(f"found {found!r}; expected {word!r}")

    def fault(self, what: str) -> Exception:
        return validation(f"AlarmRule {self.text!r} is not valid: {what}")
