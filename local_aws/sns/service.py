"""SNS: topics, subscriptions, and delivery to SQS, Lambda and an inbox in place of e-mail."""

import json
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.events.service import queue_url
from local_aws.principals import ACCOUNT, REGION

PRINCIPAL = "sns.amazonaws.com"
PROTOCOLS = ("sqs", "lambda", "email", "email-json")


@dataclass
class Topic:
    """A topic and its subscriptions, by ARN."""

    arn: str
    attributes: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, str]] = field(default_factory=dict)


class Sns:
    """Topics. Everything published is kept in ``published``; e-mail goes to ``inbox``."""

    kept = ("_topics", "published", "inbox")

    def __init__(self, clients: Clients, clock: Clock, background: Background) -> None:
        self._clients, self._clock, self._background = clients, clock, background
        self._topics: dict[str, Topic] = {}
        self.published: list[dict[str, Any]] = []
        self.inbox: list[dict[str, str]] = []

    @operation("sns", "CreateTopic")
    def create_topic(self, call: Call) -> dict[str, Any]:
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{call.params['Name']}"
        self._topics.setdefault(arn, Topic(arn)).attributes.update(call.params.get("Attributes") or {})
        return {"TopicArn": arn}

    @operation("sns", "DeleteTopic")
    def delete_topic(self, call: Call) -> None:
        self._topics.pop(call.params["TopicArn"], None)

    @operation("sns", "ListTopics")
    def list_topics(self, _: Call) -> dict[str, Any]:
        return {"Topics": [{"TopicArn": arn} for arn in sorted(self._topics)]}

    @operation("sns", "GetTopicAttributes")
    def get_attributes(self, call: Call) -> dict[str, Any]:
        topic = self._topic(call.params["TopicArn"])
        counts = {"SubscriptionsConfirmed": str(len(topic.subscriptions)), "SubscriptionsPending": "0", "SubscriptionsDeleted": "0"}
        return {"Attributes": {"TopicArn": topic.arn, "Owner": ACCOUNT, **counts, **topic.attributes}}

    @operation("sns", "SetTopicAttributes")
    def set_attribute(self, call: Call) -> None:
        self._topic(call.params["TopicArn"]).attributes[call.params["AttributeName"]] = call.params.get("AttributeValue", "")

    @operation("sns", "Subscribe")
    def subscribe(self, call: Call) -> dict[str, Any]:
        protocol = call.params["Protocol"]
        if protocol not in PROTOCOLS:
            raise Unsupported(f"SNS protocol {protocol!r} (it does: {', '.join(PROTOCOLS)})")
        if call.params.get("Attributes"):
            raise Unsupported(f"SNS subscriptions with {', '.join(call.params['Attributes'])}")
        topic = self._topic(call.params["TopicArn"])
        arn = f"{topic.arn}:{uuid.uuid4()}"
        topic.subscriptions[arn] = {
            "SubscriptionArn": arn,
            "Owner": ACCOUNT,
            "Protocol": protocol,
            "Endpoint": call.params.get("Endpoint", ""),
            "TopicArn": topic.arn,
        }
        return {"SubscriptionArn": arn}

    @operation("sns", "Unsubscribe")
    def unsubscribe(self, call: Call) -> None:
        arn = call.params["SubscriptionArn"]
        for topic in self._topics.values():
            topic.subscriptions.pop(arn, None)

    @operation("sns", "ListSubscriptionsByTopic")
    def list_subscriptions(self, call: Call) -> dict[str, Any]:
        return {"Subscriptions": list(self._topic(call.params["TopicArn"]).subscriptions.values())}

    @operation("sns", "TagResource", "UntagResource")
    def tag(self, call: Call) -> None:
        """Tags of topics are accepted and not kept."""

    @operation("sns", "Publish")
    def publish(self, call: Call) -> dict[str, Any]:
        if call.params.get("PhoneNumber"):
            raise Unsupported("SNS messages with PhoneNumber")
        texts = _texts(call.params)
        topic = self._topic(call.params.get("TopicArn") or call.params.get("TargetArn", ""))
        message = {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": topic.arn,
            "Subject": call.params.get("Subject"),
            "Message": texts["default"],
            "Timestamp": self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        self.published.append(message)
        for subscription in list(topic.subscriptions.values()):
            words = {**message, "Message": texts.get(subscription["Protocol"], texts["default"])}
            self._background.submit(partial(self._deliver, subscription, words))
        return {"MessageId": message["MessageId"]}

    def _deliver(self, subscription: dict[str, str], message: dict[str, Any]) -> None:
        protocol, endpoint = subscription["Protocol"], subscription["Endpoint"]
        if protocol == "sqs":
            self._clients.service("sqs", PRINCIPAL).send_message(QueueUrl=queue_url(endpoint), MessageBody=json.dumps(message))
        elif protocol == "lambda":
            record = {
                "EventVersion": "1.0",
                "EventSource": "aws:sns",
                "EventSubscriptionArn": subscription["SubscriptionArn"],
                "Sns": message,
            }
            payload = json.dumps({"Records": [record]}).encode()
            self._clients.service("lambda", PRINCIPAL).invoke(FunctionName=endpoint, InvocationType="Event", Payload=payload)
        else:
            self.inbox.append({"to": endpoint, "subject": message["Subject"] or "AWS Notification Message", "text": message["Message"]})

    def _topic(self, arn: str) -> Topic:
        if arn not in self._topics:
            raise AwsError("NotFound", f"Topic does not exist: {arn}", 404)
        return self._topics[arn]


def _texts(params: dict[str, Any]) -> dict[str, str]:
    """The message by protocol: one for all, or with MessageStructure json one each beside a default."""
    if params.get("MessageStructure") != "json":
        return {"default": params["Message"]}
    try:
        texts = json.loads(params["Message"])
    except ValueError:
        texts = None
    if not isinstance(texts, dict) or not isinstance(texts.get("default"), str):
        raise AwsError("InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body")
    return {protocol: text for protocol, text in texts.items() if isinstance(text, str)}
