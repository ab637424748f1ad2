"""AWS::SNS::*, AWS::SQS::*."""

import json
from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, if_there, names, tag_list, tag_map
from local_aws.principals import ACCOUNT, REGION

_QUEUE_ATTRIBUTES = names(
    "DelaySeconds KmsMasterKeyId KmsDataKeyReusePeriodSeconds MaximumMessageSize MessageRetentionPeriod "
    "ReceiveMessageWaitTimeSeconds RedrivePolicy SqsManagedSseEnabled VisibilityTimeout"
)


class Topic(Resource):
    type = "AWS::SNS::Topic"
    properties = names("TopicName DisplayName Subscription Tags")
    state_only = names("KmsMasterKeyId")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        sns = context.client("sns")
        name = properties.get("TopicName") or context.generated_name()
        attributes = {k: properties[k] for k in ("KmsMasterKeyId", "DisplayName") if k in properties}
        arn = sns.create_topic(Name=name, Attributes=attributes, Tags=tag_list(properties))["TopicArn"]
        for subscription in properties.get("Subscription", []):
            sns.subscribe(TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])
        return self._made(arn)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{properties.get('TopicName')}"
        there = "TopicName" in properties and if_there(context.client("sns").get_topic_attributes, TopicArn=arn)
        return self._made(arn) if there else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        for key in ("KmsMasterKeyId", "DisplayName"):
            context.client("sns").set_topic_attributes(TopicArn=id, AttributeName=key, AttributeValue=new.get(key, ""))
        return self._made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("sns").delete_topic(TopicArn=id)

    @staticmethod
    def _made(arn: str) -> Made:
        return Made(arn, {"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[-1]})


class TopicPolicy(Resource):
    type = "AWS::SNS::TopicPolicy"
    properties = names("Topics PolicyDocument")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        for topic in properties["Topics"]:
            context.client("sns").set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(properties["PolicyDocument"])
            )
        return Made(context.generated_name())

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        self.create(context, new)
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        sns = context.client("sns")
        for topic in properties["Topics"]:
            if_there(sns.set_topic_attributes, TopicArn=topic, AttributeName="Policy", AttributeValue="")


class Subscription(Resource):
    type = "AWS::SNS::Subscription"
    properties = names("TopicArn Protocol Endpoint")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        arn = context.client("sns").subscribe(**properties)["SubscriptionArn"]
        return Made(arn, {"Arn": arn})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("sns").unsubscribe(SubscriptionArn=id)


class Queue(Resource):
    type = "AWS::SQS::Queue"
    properties = names("QueueName FifoQueue ContentBasedDeduplication Tags") | _QUEUE_ATTRIBUTES

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("QueueName") or context.generated_name(80)
        attributes = self._attributes(properties)
        for flag in ("FifoQueue", "ContentBasedDeduplication"):
            if properties.get(flag):
                attributes[flag] = "true"
        url = context.client("sqs").create_queue(QueueName=name, Attributes=attributes, tags=tag_map(properties))["QueueUrl"]
        return self._made(context, url)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        name = properties.get("QueueName")
        found = if_there(context.client("sqs").get_queue_url, QueueName=name) if name else None
        return self._made(context, found["QueueUrl"]) if found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("sqs").set_queue_attributes(QueueUrl=id, Attributes=self._attributes(new))
        return self._made(context, id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("sqs").delete_queue(QueueUrl=id)

    @staticmethod
    def _attributes(properties: dict[str, Any]) -> dict[str, str]:
        return {k: v if isinstance(v, str) else json.dumps(v) for k, v in properties.items() if k in _QUEUE_ATTRIBUTES}

    @staticmethod
    def _made(context: Context, url: str) -> Made:
        arn = context.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return Made(url, {"Arn": arn, "QueueName": arn.rsplit(":", 1)[-1], "QueueUrl": url})


class QueuePolicy(Resource):
    type = "AWS::SQS::QueuePolicy"
    properties = names("Queues PolicyDocument")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        for url in properties["Queues"]:
            context.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})
        return Made(context.generated_name(), {"Id": context.logical_id})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return self.create(context, new)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        sqs = context.client("sqs")
        for url in properties["Queues"]:
            if_there(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": ""})
