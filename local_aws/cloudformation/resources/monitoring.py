"""AWS::SageMaker::MonitoringSchedule and the four job definitions."""

from typing import Any

from local_aws.cloudformation.resources.base import Context, Failed, Made, Resource, names, tag_list


class _JobDefinition(Resource):
    """What the four have in common. Every property is create-only: a change is a new definition."""

    title = ""

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("JobDefinitionName") or context.generated_name(63)
        given = {k: v for k, v in properties.items() if k not in ("EndpointName", "JobDefinitionName", "Tags")}
        call = getattr(context.client("sagemaker"), f"create_{_snake(self.title)}_job_definition")
        made = call(JobDefinitionName=name, Tags=tag_list(properties), **given)["JobDefinitionArn"]
        return Made(made, {"JobDefinitionArn": made, "CreationTime": ""})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        call = getattr(context.client("sagemaker"), f"delete_{_snake(self.title)}_job_definition")
        call(JobDefinitionName=id.rsplit("/", 1)[-1])


class DataQualityJobDefinition(_JobDefinition):
    type = "AWS::SageMaker::DataQualityJobDefinition"
    title = "DataQuality"
    properties = names(
        "JobDefinitionName DataQualityAppSpecification DataQualityBaselineConfig DataQualityJobInput DataQualityJobOutputConfig "
        "JobResources NetworkConfig RoleArn StoppingCondition Tags"
    )


class ModelQualityJobDefinition(_JobDefinition):
    type = "AWS::SageMaker::ModelQualityJobDefinition"
    title = "ModelQuality"
    properties = names(
        "JobDefinitionName ModelQualityAppSpecification ModelQualityBaselineConfig ModelQualityJobInput ModelQualityJobOutputConfig "
        "JobResources NetworkConfig RoleArn StoppingCondition Tags"
    )


class ModelBiasJobDefinition(_JobDefinition):
    type = "AWS::SageMaker::ModelBiasJobDefinition"
    title = "ModelBias"
    properties = names(
        "JobDefinitionName ModelBiasAppSpecification ModelBiasBaselineConfig ModelBiasJobInput ModelBiasJobOutputConfig "
        "JobResources NetworkConfig RoleArn StoppingCondition Tags"
    )


class ModelExplainabilityJobDefinition(_JobDefinition):
    type = "AWS::SageMaker::ModelExplainabilityJobDefinition"
    title = "ModelExplainability"
    properties = names(
        "JobDefinitionName ModelExplainabilityAppSpecification ModelExplainabilityBaselineConfig ModelExplainabilityJobInput "
        "ModelExplainabilityJobOutputConfig JobResources NetworkConfig RoleArn StoppingCondition Tags"
    )


class MonitoringSchedule(Resource):
    type = "AWS::SageMaker::MonitoringSchedule"
    properties = names("MonitoringScheduleName MonitoringScheduleConfig Tags")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        arn = context.client("sagemaker").create_monitoring_schedule(
            MonitoringScheduleName=properties["MonitoringScheduleName"],
            MonitoringScheduleConfig=properties["MonitoringScheduleConfig"],
            Tags=tag_list(properties),
        )["MonitoringScheduleArn"]
        return Made(arn, {"MonitoringScheduleArn": arn})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("sagemaker").update_monitoring_schedule(
            MonitoringScheduleName=new["MonitoringScheduleName"], MonitoringScheduleConfig=new["MonitoringScheduleConfig"]
        )
        return Made(id, {"MonitoringScheduleArn": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        sagemaker = context.client("sagemaker")
        try:
            sagemaker.delete_monitoring_schedule(MonitoringScheduleName=properties["MonitoringScheduleName"])
        except sagemaker.exceptions.ResourceNotFound:
            pass  # gone already
        except sagemaker.exceptions.ClientError as error:
            raise Failed(error.response["Error"]["Message"]) from None


def _snake(title: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in title).lstrip("_")
