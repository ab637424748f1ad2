"""AWS::Lambda::*."""

from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, names, pick, tag_map

_CONFIGURATION = (
    "Role", "Handler", "Runtime", "Timeout", "MemorySize", "Description", "Environment",
    "DeadLetterConfig", "TracingConfig", "LoggingConfig",
)  # fmt: skip


class Function(Resource):
    type = "AWS::Lambda::Function"
    properties = names(
        "FunctionName Code Role Handler Runtime Timeout MemorySize Environment DeadLetterConfig LoggingConfig Description Tags"
    )
    state_only = names("Architectures TracingConfig")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("FunctionName") or context.generated_name()
        created = context.client("lambda").create_function(
            FunctionName=name, Code=self._code(properties), Tags=tag_map(properties), **pick(properties, "Architectures", *_CONFIGURATION)
        )
        return Made(name, {"Arn": created["FunctionArn"]})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        client = context.client("lambda")
        if old["Code"] != new["Code"]:
            client.update_function_code(FunctionName=id, **self._code(new))
        described = client.update_function_configuration(FunctionName=id, **pick(new, *_CONFIGURATION))
        return Made(id, {"Arn": described["FunctionArn"]})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("lambda").delete_function(FunctionName=id)

    @staticmethod
    def _code(properties: dict[str, Any]) -> dict[str, Any]:
        return pick(properties["Code"], "S3Bucket", "S3Key", "S3ObjectVersion")


class Permission(Resource):
    type = "AWS::Lambda::Permission"
    properties = names("FunctionName Action Principal SourceArn SourceAccount")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        id = context.generated_name(100)
        context.client("lambda").add_permission(StatementId=id, **properties)
        return Made(id, {"Id": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("lambda").remove_permission(FunctionName=properties["FunctionName"], StatementId=id)


class EventInvokeConfig(Resource):
    type = "AWS::Lambda::EventInvokeConfig"
    properties = names("FunctionName Qualifier MaximumRetryAttempts")
    state_only = names("MaximumEventAgeInSeconds")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        context.client("lambda").put_function_event_invoke_config(**properties)
        return Made(context.generated_name())

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("lambda").put_function_event_invoke_config(**new)
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("lambda").delete_function_event_invoke_config(FunctionName=properties["FunctionName"])


class EventSourceMapping(Resource):
    type = "AWS::Lambda::EventSourceMapping"
    properties = names("EventSourceArn FunctionName BatchSize")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        id = context.client("lambda").create_event_source_mapping(**properties)["UUID"]
        return Made(id, {"Id": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("lambda").delete_event_source_mapping(UUID=id)
