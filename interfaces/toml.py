"""Plain values as TOML: the standard library reads it and does not write it."""

import json
from typing import Any


def value(plain: Any) -> str:
    """A boolean, text, number, or list of these."""
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, str):
        return _quoted(plain)
    if isinstance(plain, list):
        return "[" + ", ".join(value(v) for v in plain) + "]"
    return repr(plain)


def key(name: str) -> str:
    """A key, quoted where it has to be."""
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isalnum() and bare.isascii() else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # the one character JSON allows and TOML does not
