"""AWS::DynamoDB::Table, AWS::Logs::LogGroup, AWS::SSM::Parameter."""

from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, names, pick, tag_list, tag_map


class Table(Resource):
    type = "AWS::DynamoDB::Table"
    properties = names("TableName AttributeDefinitions KeySchema BillingMode TimeToLiveSpecification Tags DeletionProtectionEnabled")
    state_only = names("SSESpecification PointInTimeRecoverySpecification ResourcePolicy")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        client = context.client("dynamodb")
        name = properties.get("TableName") or context.generated_name()
        keys = ("AttributeDefinitions", "KeySchema", "BillingMode", "DeletionProtectionEnabled")
        table = client.create_table(TableName=name, Tags=tag_list(properties), **pick(properties, *keys))["TableDescription"]
        if ttl := properties.get("TimeToLiveSpecification"):
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        return Made(name, {"Arn": table["TableArn"]})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        table = context.client("dynamodb").update_table(TableName=id, **pick(new, "BillingMode", "AttributeDefinitions"))[
            "TableDescription"
        ]
        return Made(id, {"Arn": table["TableArn"]})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("dynamodb").delete_table(TableName=id)


class LogGroup(Resource):
    type = "AWS::Logs::LogGroup"
    properties = names("LogGroupName RetentionInDays Tags")
    state_only = names("KmsKeyId")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        logs = context.client("logs")
        name = properties.get("LogGroupName") or context.generated_name()
        logs.create_log_group(logGroupName=name, tags=tag_map(properties))
        self._retain(logs, name, properties)
        return self._made(name)

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        self._retain(context.client("logs"), id, new)
        return self._made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("logs").delete_log_group(logGroupName=id)

    @staticmethod
    def _retain(logs: Any, name: str, properties: dict[str, Any]) -> None:
        if days := properties.get("RetentionInDays"):
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)

    @staticmethod
    def _made(name: str) -> Made:
        return Made(name, {"Arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*"})


class Parameter(Resource):
    type = "AWS::SSM::Parameter"
    properties = names("Name Type Value Description")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("Name") or context.generated_name()
        context.client("ssm").put_parameter(**{**properties, "Name": name})
        return self._made(name, properties)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        found = context.client("ssm").get_parameters(Names=[properties["Name"]])["Parameters"] if "Name" in properties else []
        return self._made(properties["Name"], properties) if found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("ssm").put_parameter(**{**new, "Name": id, "Overwrite": True})
        return self._made(id, new)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("ssm").delete_parameter(Name=id)

    @staticmethod
    def _made(name: str, properties: dict[str, Any]) -> Made:
        return Made(name, pick(properties, "Type", "Value"))
