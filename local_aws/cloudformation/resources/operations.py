"""AWS::ApplicationAutoScaling::*: kept as state."""

from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, names, pick

_TARGET = {"ResourceId", "ScalableDimension", "ServiceNamespace"}  # what identifies one


class ScalableTarget(Resource):
    type = "AWS::ApplicationAutoScaling::ScalableTarget"
    properties = names("ServiceNamespace ScalableDimension ResourceId RoleARN")
    state_only = names("MinCapacity MaxCapacity ScheduledActions SuspendedState")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        self._register(context, properties)
        return self._made(properties)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        if not set(properties) >= _TARGET:
            return None
        found = context.client("application-autoscaling").describe_scalable_targets(
            ResourceIds=[properties["ResourceId"]], **pick(properties, "ServiceNamespace", "ScalableDimension")
        )
        return self._made(properties) if found["ScalableTargets"] else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        self._register(context, new)
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("application-autoscaling").deregister_scalable_target(
            **pick(properties, "ServiceNamespace", "ScalableDimension", "ResourceId")
        )

    @staticmethod
    def _made(properties: dict[str, Any]) -> Made:
        return Made("|".join(properties[k] for k in ("ResourceId", "ScalableDimension", "ServiceNamespace")))

    @staticmethod
    def _register(context: Context, properties: dict[str, Any]) -> None:
        keys = ("ServiceNamespace", "ScalableDimension", "ResourceId", "MinCapacity", "MaxCapacity", "RoleARN")
        context.client("application-autoscaling").register_scalable_target(**pick(properties, *keys))


class ScalingPolicy(Resource):
    type = "AWS::ApplicationAutoScaling::ScalingPolicy"
    properties = names("PolicyName ScalingTargetId ServiceNamespace ScalableDimension ResourceId")
    state_only = names("PolicyType TargetTrackingScalingPolicyConfiguration StepScalingPolicyConfiguration")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        arn = context.client("application-autoscaling").put_scaling_policy(
            PolicyName=properties["PolicyName"],
            **self._target(properties),
            **pick(properties, "PolicyType", "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"),
        )["PolicyARN"]
        return Made(arn, {"Arn": arn})

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        target = self._target(properties)
        if not set(target) >= _TARGET or "PolicyName" not in properties:
            return None
        found = context.client("application-autoscaling").describe_scaling_policies(PolicyNames=[properties["PolicyName"]], **target)[
            "ScalingPolicies"
        ]
        return Made(found[0]["PolicyARN"], {"Arn": found[0]["PolicyARN"]}) if found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return self.create(context, new)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("application-autoscaling").delete_scaling_policy(PolicyName=properties["PolicyName"], **self._target(properties))

    @staticmethod
    def _target(properties: dict[str, Any]) -> dict[str, str]:
        if "ScalingTargetId" in properties:
            resource, dimension, namespace = properties["ScalingTargetId"].split("|")
            return {"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace}
        return pick(properties, "ResourceId", "ScalableDimension", "ServiceNamespace")
