"""AWS::Glue::*."""

from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, names, pick

_JOB = (
    "Description", "Role", "GlueVersion", "WorkerType", "NumberOfWorkers", "Timeout", "MaxRetries", "ExecutionProperty",
    "SecurityConfiguration", "Command", "DefaultArguments",
)  # fmt: skip


class Database(Resource):
    type = "AWS::Glue::Database"
    properties = names("CatalogId DatabaseInput")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        context.client("glue").create_database(**properties)
        return Made(properties["DatabaseInput"]["Name"])

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("glue").update_database(Name=id, **new)
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("glue").delete_database(Name=id)


class Table(Resource):
    type = "AWS::Glue::Table"
    properties = names("CatalogId DatabaseName TableInput")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        context.client("glue").create_table(**properties)
        return Made(properties["TableInput"]["Name"])

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("glue").update_table(**new)
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("glue").delete_table(DatabaseName=properties["DatabaseName"], Name=id)


class SecurityConfiguration(Resource):
    type = "AWS::Glue::SecurityConfiguration"
    properties = frozenset()
    state_only = names("Name EncryptionConfiguration")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        return Made(properties["Name"])

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        """There is nothing behind it."""


class Job(Resource):
    type = "AWS::Glue::Job"
    properties = names("Name Role Command DefaultArguments ExecutionProperty GlueVersion Timeout Description Tags")
    state_only = names("MaxRetries NumberOfWorkers WorkerType SecurityConfiguration")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("Name") or context.generated_name()
        context.client("glue").create_job(Name=name, **pick(properties, *_JOB))
        return Made(name)

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("glue").update_job(JobName=id, JobUpdate=pick(new, *_JOB))
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("glue").delete_job(JobName=id)
