"""SNS delivers to queues, functions and an inbox, and refuses what it would have to ignore."""

import json

from local_aws.aws import LocalAws
from tests.local_aws.support import forwarder, function, queue, refusal, sent


def topic(aws: LocalAws, name: str) -> str:
    return str(aws.client("sns").create_topic(Name=name)["TopicArn"])


def test_a_message_reaches_every_subscriber(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws, "news")
    url, queue_arn = queue(aws, "readers")
    seen, _ = queue(aws, "seen")
    for protocol, endpoint in (
        ("sqs", queue_arn),
        ("lambda", function(aws, "reader", forwarder(seen), Timeout=10)),
        ("email", "me@example.com"),
    ):
        sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    id = sns.publish(TopicArn=arn, Message="hello", Subject="greeting")["MessageId"]
    aws.settle()
    body = json.loads(sent(aws, url)[0]["Body"])
    assert (body["Type"], body["MessageId"], body["TopicArn"], body["Message"], body["Subject"]) == (
        "Notification",
        id,
        arn,
        "hello",
        "greeting",
    )
    record = json.loads(sent(aws, seen)[0]["Body"])["Records"][0]
    assert (record["EventSource"], record["Sns"]["Message"]) == ("aws:sns", "hello")
    assert aws.sns.inbox == [{"to": "me@example.com", "subject": "greeting", "text": "hello"}]
    assert aws.sns.published[-1]["MessageId"] == id
    assert aws.journal.calls("sqs", "SendMessage")[0].principal == "sns.amazonaws.com"


def test_who_has_unsubscribed_receives_nothing(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws, "quiet")
    url, queue_arn = queue(aws, "leaver")
    subscription = sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)["SubscriptionArn"]
    assert [s["Endpoint"] for s in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]] == [queue_arn]
    sns.unsubscribe(SubscriptionArn=subscription)
    sns.publish(TopicArn=arn, Message="x")
    aws.settle()
    assert sent(aws, url) == []


def test_what_would_have_to_be_ignored_is_refused(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws, "strict")
    assert "SNS protocol 'sms'" in refusal(lambda: sns.subscribe(TopicArn=arn, Protocol="sms", Endpoint="+1"))[1]
    raw = {"RawMessageDelivery": "true"}
    assert "RawMessageDelivery" in refusal(lambda: sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="e", Attributes=raw))[1]
    assert "No default entry" in refusal(lambda: sns.publish(TopicArn=arn, Message="{}", MessageStructure="json"))[1]
    assert refusal(lambda: sns.publish(TopicArn=f"{arn}-absent", Message="x"))[0].startswith("NotFound")


def test_each_protocol_gets_its_own_words(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws, "words")
    url, queue_arn = queue(aws, "words")
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="words@example.com")
    sns.publish(TopicArn=arn, Message=json.dumps({"default": "for all", "sqs": "for queues"}), MessageStructure="json")
    aws.settle()
    assert json.loads(sent(aws, url)[0]["Body"])["Message"] == "for queues"
    assert [m["text"] for m in aws.sns.inbox if m["to"] == "words@example.com"] == ["for all"]


def test_attributes_are_kept_and_deleted_topics_gone(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws, "kept")
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Kept")
    assert topic(aws, "kept") == arn
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "Kept"
    sns.delete_topic(TopicArn=arn)
    assert arn not in [t["TopicArn"] for t in sns.list_topics()["Topics"]]
