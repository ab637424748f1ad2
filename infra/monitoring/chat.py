"""Notifications in Slack or Teams, by Amazon Q Developer in chat applications; the workspace is authorized once, by hand."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import PARTITION, allow, arn, role
from infra.stack import resource

_SERVICE = "chatbot.amazonaws.com"
# the widest that anybody in the channel can be given: nothing but to read what was said
_GUARDRAIL = f"arn:{PARTITION}:iam::aws:policy/CloudWatchReadOnlyAccess"


class Chat(Construct):
    """A channel for the notifications topic, if the environment names one. Its role may ask about that topic and do nothing else."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment) -> None:
        super().__init__(scope, id)
        chat, names = environment.chat, environment.names
        if not (chat.slack_channel_id or chat.teams_channel_id):
            return
        topic = arn("sns", names.notifications_topic)
        shows = role(
            self,
            "Role",
            name=names.role("chat"),
            service=_SERVICE,
            purpose="Shows notifications in a chat channel",
            statements=[allow("KnowTopic", ["sns:GetTopicAttributes"], [topic])],
        )
        common = {
            "IamRoleArn": shows,
            "SnsTopicArns": [topic],
            "GuardrailPolicies": [_GUARDRAIL],
            "LoggingLevel": "ERROR",
        }
        if chat.slack_channel_id:
            resource(
                self,
                "Slack",
                "AWS::Chatbot::SlackChannelConfiguration",
                ConfigurationName=f"{names.prefix}-slack",
                SlackWorkspaceId=chat.slack_workspace_id,
                SlackChannelId=chat.slack_channel_id,
                **common,
            )
        if chat.teams_channel_id:
            resource(
                self,
                "Teams",
                "AWS::Chatbot::MicrosoftTeamsChannelConfiguration",
                ConfigurationName=f"{names.prefix}-teams",
                TeamId=chat.teams_team_id,
                TeamsTenantId=chat.teams_tenant_id,
                TeamsChannelId=chat.teams_channel_id,
                **common,
            )
