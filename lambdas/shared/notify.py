"""Tell people, by SNS: a subject of at most 100 characters and a plain text."""

from typing import Any


def notify(sns: Any, topic_arn: str, subject: str, text: str) -> None:
    """Publish one notification."""
    sns.publish(TopicArn=topic_arn, Subject=subject.replace("\n", " ")[:100], Message=text)
