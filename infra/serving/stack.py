"""The Serving stack. A release is an update of its parameters."""

import aws_cdk as cdk
from aws_cdk import Fn
from constructs import Construct

from infra.environment import Environment
from infra.serving import guardrails, hosting
from infra.serving.role import execution_role
from infra.stack import Stack, att, resource
from interfaces.names import VARIANT


class Serving(Stack):
    """Empty but for a role until a model package is released; then model, config, alarms, endpoint, scaling."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, termination_protection: bool) -> None:
        super().__init__(scope, id, name=environment.names.serving_stack, termination_protection=termination_protection)
        self._environment, self._names = environment, environment.names
        package = cdk.CfnParameter(
            self, "ModelPackageArn", default="", description="The released model package; empty before the first release"
        )
        generation = cdk.CfnParameter(
            self, "Generation", default="0", description="Counts releases; part of the config's name", allowed_pattern="[0-9]+"
        )
        self._package, self._generation = package.value_as_string, generation.value_as_string
        self._released = cdk.CfnCondition(self, "HasModel", expression=Fn.condition_not(Fn.condition_equals(self._package, "")))
        self._execution = execution_role(self, environment)
        configs = {kind: self._hosted(kind) for kind in environment.serving.kinds}
        name = att(configs[environment.serving.hosting], "EndpointConfigName")
        cdk.CfnOutput(self, "EndpointConfigName", value=name).condition = self._released
        cdk.CfnOutput(self, "EndpointName", value=environment.endpoint)
        cdk.CfnOutput(self, "ReleasedModelPackageArn", value=self._package).condition = self._released

    def _hosted(self, kind: str) -> cdk.CfnResource:
        """One hosting kind: its model, config and endpoint. The kinds stand side by side, each with an endpoint of its own."""
        id, settings = hosting.ID[kind], hosting.container(self._environment, kind)
        digest = hosting.digest(self._environment, kind)
        model = self._kept_while_it_may_serve(
            f"{id}Model",
            "AWS::SageMaker::Model",
            ModelName=self._names.model(self._generation) + hosting.SUFFIX[kind] + (f"-{digest}" if settings else ""),
            ExecutionRoleArn=self._execution,
            EnableNetworkIsolation=kind == "real-time",  # serverless inference has none
            Containers=[{"ModelPackageName": self._package, **({"Environment": settings} if settings else {})}],
        )
        properties = hosting.config(self._environment, kind, att(model, "ModelName"))
        config = self._kept_while_it_may_serve(
            f"{id}EndpointConfig",
            "AWS::SageMaker::EndpointConfig",
            # what changes the config changes its name: a deploy with other settings is a replacement, and names cannot be taken twice
            EndpointConfigName=f"{self._names.endpoint_config(self._generation)}-{digest}",
            **properties,
        )
        guards = self._guards(att(config, "EndpointConfigName")) if kind == "real-time" else []
        deployment = {"DeploymentConfig": guardrails.deployment(self._environment, guards)} if guards else {}
        endpoint = self._once_released(
            f"{id}Endpoint",
            "AWS::SageMaker::Endpoint",
            EndpointName=self._names.endpoint_of(kind),
            EndpointConfigName=att(config, "EndpointConfigName"),
            RetainAllVariantProperties=True,
            **deployment,
        )
        if kind == "real-time" and self._environment.serving.max_instances > self._environment.serving.instances:
            self._scaling(endpoint)
        return config

    def _guards(self, config: str) -> list[cdk.CfnResource]:
        made = guardrails.alarms(self._environment, self._generation, config)
        return [self._once_released(id, "AWS::CloudWatch::Alarm", **properties) for id, properties in made.items()]

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
