"""AWS::Chatbot::*: channels of Amazon Q Developer in chat applications, kept as state; nothing is sent to a chat."""

from typing import Any, ClassVar

from local_aws.cloudformation.resources.base import Context, Made, Resource, names
from local_aws.principals import ACCOUNT

_COMMON = "ConfigurationName GuardrailPolicies IamRoleArn LoggingLevel SnsTopicArns UserRoleRequired Tags"


class _Channel(Resource):
    chat: ClassVar[str]
    properties = frozenset[str]()

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        arn = f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/{self.chat}/{properties['ConfigurationName']}"
        return Made(arn, {"Arn": arn})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return Made(id, {"Arn": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        """There is nothing but the stack's own record."""


class SlackChannelConfiguration(_Channel):
    type = "AWS::Chatbot::SlackChannelConfiguration"
    chat = "slack-channel"
    state_only = names(f"{_COMMON} SlackChannelId SlackWorkspaceId")


class MicrosoftTeamsChannelConfiguration(_Channel):
    type = "AWS::Chatbot::MicrosoftTeamsChannelConfiguration"
    chat = "microsoft-teams-channel"
    state_only = names(f"{_COMMON} TeamId TeamsChannelId TeamsChannelName TeamsTenantId")
