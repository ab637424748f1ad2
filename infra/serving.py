"""Serving: the endpoint and what it runs. A release is an update of this stack's parameters."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import Fn
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, REGION, allow, arn, role, s3_arn
from infra.platform.training import image_registry, observe, pull_image
from infra.stack import Stack
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
        output = cdk.CfnOutput(self, "EndpointConfigName", value=config.attr_endpoint_config_name)
        output.condition = self._released
        cdk.CfnOutput(self, "ReleasedModelPackageArn", value=package.value_as_string).condition = self._released

    def _execution_role(self) -> iam.CfnRole:
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

    def _model(self, package: str, execution: iam.CfnRole) -> sagemaker.CfnModel:
        model = sagemaker.CfnModel(
            self,
            "Model",
            model_name=self._names.model(self._generation.value_as_string),
            execution_role_arn=execution.attr_arn,
            enable_network_isolation=True,
            containers=[sagemaker.CfnModel.ContainerDefinitionProperty(model_package_name=package)],
        )
        return cast(sagemaker.CfnModel, self._retained(model))

    def _config(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig:
        serving = self._environment.serving
        data = self._names.bucket("data", ACCOUNT, REGION)
        config = sagemaker.CfnEndpointConfig(
            self,
            "EndpointConfig",
            endpoint_config_name=self._names.endpoint_config(self._generation.value_as_string),
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=VARIANT,
                    model_name=model.attr_model_name,
                    instance_type=serving.instance_type,
                    initial_instance_count=serving.instances,
                    initial_variant_weight=1,
                )
            ],
            data_capture_config=sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
                enable_capture=serving.capture_percent > 0,
                initial_sampling_percentage=serving.capture_percent,
                destination_s3_uri=f"s3://{data}/{layout.CAPTURE}",
                kms_key_id=arn("kms", f"alias/{self._names.prefix}"),
                capture_options=[sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")],
                capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                    csv_content_types=["text/csv"], json_content_types=["application/json", "application/jsonlines"]
                ),
            ),
        )
        return cast(sagemaker.CfnEndpointConfig, self._retained(config))

    def _endpoint(self, config: sagemaker.CfnEndpointConfig) -> sagemaker.CfnEndpoint:
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=self._names.endpoint,
            endpoint_config_name=config.attr_endpoint_config_name,
            retain_all_variant_properties=True,
        )
        endpoint.cfn_options.condition = self._released
        return endpoint

    def _scaling(self, endpoint: sagemaker.CfnEndpoint) -> None:
        serving = self._environment.serving
        target = scaling.CfnScalableTarget(
            self,
            "ScalableTarget",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{self._names.endpoint}/variant/{VARIANT}",
            min_capacity=serving.instances,
            max_capacity=serving.max_instances,
        )
        policy = scaling.CfnScalingPolicy(
            self,
            "ScalingPolicy",
            policy_name=f"{self._names.endpoint}-invocations",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=serving.target_invocations,
                predefined_metric_specification=scaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type="SageMakerVariantInvocationsPerInstance"
                ),
                scale_in_cooldown=300,
                scale_out_cooldown=60,
            ),
        )
        for resource in (target, policy):
            resource.cfn_options.condition = self._released
        target.add_resource_dependency(endpoint)

    def _retained(self, resource: cdk.CfnResource) -> cdk.CfnResource:
        """After a rollback that CloudFormation did not notice, its clean-up must not delete what serves."""
        resource.cfn_options.condition = self._released
        resource.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        resource.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.DELETE
        return resource
