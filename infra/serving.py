"""Serving: the endpoint and what it runs. A release is an update of this stack's parameters."""

import aws_cdk as cdk
from aws_cdk import Fn
from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, REGION, allow, arn, role, s3_arn
from infra.platform.training import image_registry, observe, pull_image
from infra.stack import Stack, att, resource
from interfaces import layout
from interfaces.names import VARIANT


class Serving(Stack):
    """Empty but for a role until a model package is released; then model, config, endpoint, scaling."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, termination_protection: bool) -> None:
        super().__init__(scope, id, name=environment.names.serving_stack, termination_protection=termination_protection)
        self._environment, self._names = environment, environment.names
        package = cdk.CfnParameter(
            self, "ModelPackageArn", default="", description="The released model package; empty before the first release"
        )
        self._generation = cdk.CfnParameter(
            self, "Generation", default="0", description="Counts releases; part of the config's name", allowed_pattern="[0-9]+"
        )
        self._released = cdk.CfnCondition(self, "HasModel", expression=Fn.condition_not(Fn.condition_equals(package.value_as_string, "")))
        execution = self._execution_role()
        model = self._model(package.value_as_string, execution)
        config = self._config(model)
        endpoint = self._endpoint(config)
        self._scaling(endpoint)
        output = cdk.CfnOutput(self, "EndpointConfigName", value=att(config, "EndpointConfigName"))
        output.condition = self._released
        cdk.CfnOutput(self, "ReleasedModelPackageArn", value=package.value_as_string).condition = self._released

    def _execution_role(self) -> str:
        names = self._names
        artefacts, data = (names.bucket(kind, ACCOUNT, REGION) for kind in ("artefacts", "data"))
        # the key lives in another stack: bound by its alias instead of its id
        alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{names.prefix}"}}
        return role(
            self,
            "EndpointRole",
            name=names.role("endpoint"),
            service="sagemaker.amazonaws.com",
            purpose="The endpoint's containers: read the model, write captured data and logs",
            statements=[
                allow("ReadModel", ["s3:GetObject"], [s3_arn(artefacts, f"{layout.RUNS}/*")]),
                allow("ListModels", ["s3:ListBucket"], [s3_arn(artefacts)]),
                allow("WriteCapture", ["s3:PutObject"], [s3_arn(data, f"{layout.CAPTURE}/*")]),
                allow("UseKeyByAlias", ["kms:Decrypt", "kms:GenerateDataKey"], [arn("kms", "key/*")], alias),
                *observe("Endpoints"),
                *pull_image(image_registry(self)),
            ],
        )

    def _model(self, package: str, execution: str) -> cdk.CfnResource:
        return self._kept_while_it_may_serve(
            "Model",
            "AWS::SageMaker::Model",
            ModelName=self._names.model(self._generation.value_as_string),
            ExecutionRoleArn=execution,
            EnableNetworkIsolation=True,
            Containers=[{"ModelPackageName": package}],
        )

    def _config(self, model: cdk.CfnResource) -> cdk.CfnResource:
        serving = self._environment.serving
        data = self._names.bucket("data", ACCOUNT, REGION)
        variant = {
            "VariantName": VARIANT,
            "ModelName": att(model, "ModelName"),
            "InstanceType": serving.instance_type,
            "InitialInstanceCount": serving.instances,
            "InitialVariantWeight": 1,
        }
        capture = {
            "EnableCapture": serving.capture_percent > 0,
            "InitialSamplingPercentage": serving.capture_percent,
            "DestinationS3Uri": f"s3://{data}/{layout.CAPTURE}",
            "KmsKeyId": arn("kms", f"alias/{self._names.prefix}"),
            "CaptureOptions": [{"CaptureMode": mode} for mode in ("Input", "Output")],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": ["text/csv"],
                "JsonContentTypes": ["application/json", "application/jsonlines"],
            },
        }
        return self._kept_while_it_may_serve(
            "EndpointConfig",
            "AWS::SageMaker::EndpointConfig",
            EndpointConfigName=self._names.endpoint_config(self._generation.value_as_string),
            ProductionVariants=[variant],
            DataCaptureConfig=capture,
        )

    def _endpoint(self, config: cdk.CfnResource) -> cdk.CfnResource:
        return self._once_released(
            "Endpoint",
            "AWS::SageMaker::Endpoint",
            EndpointName=self._names.endpoint,
            EndpointConfigName=att(config, "EndpointConfigName"),
            RetainAllVariantProperties=True,
        )

    def _scaling(self, endpoint: cdk.CfnResource) -> None:
        serving = self._environment.serving
        target = self._once_released(
            "ScalableTarget",
            "AWS::ApplicationAutoScaling::ScalableTarget",
            ServiceNamespace="sagemaker",
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            ResourceId=f"endpoint/{self._names.endpoint}/variant/{VARIANT}",
            MinCapacity=serving.instances,
            MaxCapacity=serving.max_instances,
        )
        target.add_resource_dependency(endpoint)
        self._once_released(
            "ScalingPolicy",
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            PolicyName=f"{self._names.endpoint}-invocations",
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=target.ref,
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": serving.target_invocations,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
                "ScaleInCooldown": 300,
                "ScaleOutCooldown": 60,
            },
        )

    def _once_released(self, id: str, type: str, **properties: object) -> cdk.CfnResource:
        made = resource(self, id, type, **properties)
        made.cfn_options.condition = self._released
        return made

    def _kept_while_it_may_serve(self, id: str, type: str, **properties: object) -> cdk.CfnResource:
        """After a rollback that CloudFormation did not notice, its clean-up must not delete what serves."""
        made = self._once_released(id, type, **properties)
        made.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        made.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.DELETE
        return made
