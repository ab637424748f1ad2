"""A notification reaches people as plain text, and a chat in the form that it shows."""

import json
from typing import Any

from lambdas.shared.notify import notify


def test_every_protocol_gets_the_text_and_chat_its_schema() -> None:
    sent: list[dict[str, Any]] = []

    class Sns:
        def publish(self, **message: Any) -> None:
            sent.append(message)

    notify(Sns(), "arn", "a\nsubject" + "x" * 120, "two\nlines")
    (message,) = sent
    assert message["MessageStructure"] == "json" and len(message["Subject"]) == 100 and "\n" not in message["Subject"]
    texts = json.loads(message["Message"])
    assert texts["default"] == "two\nlines"
    chat = json.loads(texts["https"])
    assert (chat["version"], chat["source"], chat["content"]["description"]) == ("1.0", "custom", "two\nlines")
