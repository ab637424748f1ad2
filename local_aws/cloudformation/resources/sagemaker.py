"""AWS::SageMaker::*."""

import uuid
from typing import Any

from local_aws.cloudformation.resources.base import Context, Failed, Made, Resource, names, pick, tag_list


class Pipeline(Resource):
    type = "AWS::SageMaker::Pipeline"
    properties = names("PipelineName PipelineDisplayName PipelineDescription PipelineDefinition RoleArn Tags")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        context.client("sagemaker").create_pipeline(
            ClientRequestToken=uuid.uuid4().hex,
            Tags=tag_list(properties),
            PipelineName=properties["PipelineName"],
            **self._rest(properties),
        )
        return Made(properties["PipelineName"])

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("sagemaker").update_pipeline(PipelineName=id, **self._rest(new))
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("sagemaker").delete_pipeline(PipelineName=id, ClientRequestToken=uuid.uuid4().hex)

    @staticmethod
    def _rest(properties: dict[str, Any]) -> dict[str, Any]:
        rest = pick(properties, "PipelineDisplayName", "PipelineDescription", "RoleArn")
        definition = properties["PipelineDefinition"]
        if "PipelineDefinitionBody" in definition:
            return {**rest, "PipelineDefinition": definition["PipelineDefinitionBody"]}
        location = definition["PipelineDefinitionS3Location"]
        return {**rest, "PipelineDefinitionS3Location": {"Bucket": location["Bucket"], "ObjectKey": location["Key"]}}


class ModelPackageGroup(Resource):
    type = "AWS::SageMaker::ModelPackageGroup"
    properties = names("ModelPackageGroupName ModelPackageGroupDescription Tags")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        arn = context.client("sagemaker").create_model_package_group(**properties)["ModelPackageGroupArn"]
        return Made(arn, {"ModelPackageGroupArn": arn})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return Made(id, {"ModelPackageGroupArn": id})  # only tags can change, and tags are not kept

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        sagemaker = context.client("sagemaker")
        try:
            sagemaker.delete_model_package_group(ModelPackageGroupName=properties["ModelPackageGroupName"])
        except sagemaker.exceptions.ConflictException as error:
            raise Failed(error.response["Error"]["Message"]) from None


class Model(Resource):
    type = "AWS::SageMaker::Model"
    properties = names("ModelName ExecutionRoleArn Containers PrimaryContainer EnableNetworkIsolation Tags")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("ModelName") or context.generated_name(63)
        arn = context.client("sagemaker").create_model(**{**properties, "ModelName": name})["ModelArn"]
        return Made(arn, {"ModelName": name})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("sagemaker").delete_model(ModelName=id.rsplit("/", 1)[-1])


class EndpointConfig(Resource):
    type = "AWS::SageMaker::EndpointConfig"
    properties = names("EndpointConfigName ProductionVariants DataCaptureConfig Tags")
    state_only = names("KmsKeyId")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("EndpointConfigName") or context.generated_name(63)
        given = {**properties, "EndpointConfigName": name}
        arn = context.client("sagemaker").create_endpoint_config(**given)["EndpointConfigArn"]
        return Made(arn, {"EndpointConfigName": name, "EndpointConfigArn": arn})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("sagemaker").delete_endpoint_config(EndpointConfigName=id.rsplit("/", 1)[-1])


class Endpoint(Resource):
    type = "AWS::SageMaker::Endpoint"
    properties = names("EndpointName EndpointConfigName DeploymentConfig RetainAllVariantProperties RetainDeploymentConfig Tags")
    state_only = names("ExcludeRetainedVariantProperties")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("EndpointName") or context.generated_name(63)
        arn = context.client("sagemaker").create_endpoint(
            EndpointName=name, EndpointConfigName=properties["EndpointConfigName"], **pick(properties, "DeploymentConfig")
        )["EndpointArn"]
        self._settle(context, name, properties["EndpointConfigName"])
        return Made(arn, {"EndpointName": name})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        sagemaker = context.client("sagemaker")
        name = id.rsplit("/", 1)[-1]
        now = sagemaker.describe_endpoint(EndpointName=name)
        if (now["EndpointConfigName"], now["EndpointStatus"]) != (new["EndpointConfigName"], "InService"):
            extra = pick(new, "RetainAllVariantProperties", "DeploymentConfig", "RetainDeploymentConfig")
            sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new["EndpointConfigName"], **extra)
            self._settle(context, name, new["EndpointConfigName"])
        return Made(id, {"EndpointName": name})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("sagemaker").delete_endpoint(EndpointName=id.rsplit("/", 1)[-1])

    @staticmethod
    def _settle(context: Context, name: str, config: str) -> None:
        """Wait for the endpoint, and see that it runs what was asked for; unless the local AWS plays the CloudFormation
        that takes an endpoint that went back by itself for an endpoint that was updated (which AWS does is not established)."""
        seen: dict[str, Any] = {}

        def settled() -> bool:
            seen.update(context.client("sagemaker").describe_endpoint(EndpointName=name))
            return seen["EndpointStatus"] in ("InService", "Failed", "UpdateRollbackFailed")

        context.park(settled)
        right = seen["EndpointConfigName"] == config or not context.sees_endpoint_rollbacks
        if seen["EndpointStatus"] != "InService" or not right:
            reason = seen.get("FailureReason", "no reason given")
            raise Failed(f"Endpoint {name} is {seen['EndpointStatus']} on {seen['EndpointConfigName']}: {reason}")
