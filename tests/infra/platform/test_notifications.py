"""What people are told without a function in between."""

import json
from typing import Any


def test_people_hear_of_failures_in_a_sentence(dev: Any) -> None:
    messages = [p["Targets"][0]["InputTransformer"] for p in dev.properties("AWS::Events::Rule") if "InputTransformer" in p["Targets"][0]]
    assert len(messages) == 2
    for message in messages:
        sentence = json.loads(message["InputTemplate"])
        assert all(f"<{name}>" in sentence for name in message["InputPathsMap"])
