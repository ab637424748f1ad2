"""Texts as values of CloudWatch dimensions: metrics, alarms and the dashboard name a thing by the same words.

A value has only printable ASCII characters, at least one that is no blank, and no colon at its beginning (docs: Dimension in the API of
CloudWatch; the colon stands there for names). Names of columns and values of groups are any text.
"""

import hashlib

LONGEST = 255  # 1,024 are allowed; graphs and messages show the value


def dimension(text: str) -> str:
    """The text itself where it may stand; else what of it may, and a mark that keeps texts apart."""
    if all(" " <= c <= "~" for c in text) and text.strip() and not text.startswith(":") and len(text) <= LONGEST:
        return text
    mark = f"~{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    shown = "".join(c if " " <= c <= "~" else "_" for c in text).strip().lstrip(":")
    return f"{shown[: LONGEST - len(mark)]}{mark}"
