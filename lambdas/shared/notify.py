"""Tell people, by SNS: a subject of at most 100 characters and a plain text.

Q Developer in chat applications drops what is not of its custom-notification schema, and subscribes by https: that
protocol gets the same words in the schema, every other one gets them as they are.
"""

import json
from typing import Any


def notify(sns: Any, topic_arn: str, subject: str, text: str) -> None:
    """Publish one notification."""
    title = subject.replace("\n", " ")[:100]
    chat = {"version": "1.0", "source": "custom", "content": {"textType": "client-markdown", "title": title, "description": text}}
    message = json.dumps({"default": text, "https": json.dumps(chat)})
    sns.publish(TopicArn=topic_arn, Subject=title, Message=message, MessageStructure="json")
