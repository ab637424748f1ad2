"""The service roles that CloudFormation uses for a release: narrow, because they are the boundary.

UpdateStack has no condition key for a template body, so what a release can do is what these roles can do.
"""

from constructs import Construct

from infra.environment import Environment
from infra.iam import allow, arn, pass_role, role, role_arn

_SERVICE = "cloudformation.amazonaws.com"
_SCALING = "sagemaker.application-autoscaling.amazonaws.com"
_SCALING_ROLE = f"aws-service-role/{_SCALING}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


class DeployRoles(Construct):
    """One role per stack that a release updates."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment) -> None:
        super().__init__(scope, id)
        names = environment.names
        kinds = {"model": names.model("*"), "endpoint-config": names.endpoint_config("*"), "endpoint": names.endpoint}
        titles = {"model": "Model", "endpoint-config": "EndpointConfig", "endpoint": "Endpoint"}
        manage = [
            allow(
                f"Manage{titles[kind]}",
                [f"sagemaker:{verb}{titles[kind]}" for verb in ("Create", "Describe", "Delete")],
                [arn("sagemaker", f"{kind}/{name}")],
            )
            for kind, name in kinds.items()
        ]
        role(
            self,
            "Serving",
            name=names.role("serving-deploy"),
            service=_SERVICE,
            purpose="CloudFormation's role for releases: models, endpoint configs, the endpoint, its scaling",
            statements=[
                *manage,
                # creating an endpoint is also authorised on the config it names
                allow(
                    "UseConfig",
                    ["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"],
                    [arn("sagemaker", f"endpoint-config/{names.endpoint_config('*')}")],
                ),
                allow(
                    "UpdateEndpoint",
                    ["sagemaker:UpdateEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
                    [arn("sagemaker", f"endpoint/{names.endpoint}")],
                ),
                allow(
                    "TagServing",
                    ["sagemaker:AddTags", "sagemaker:ListTags"],
                    [arn("sagemaker", f"{kind}/{name}") for kind, name in kinds.items()],
                ),
                allow(
                    "ReadPackages", ["sagemaker:DescribeModelPackage"], [arn("sagemaker", f"model-package/{names.model_package_group}/*")]
                ),
                pass_role("PassModelRole", role_arn(names.role("endpoint")), "sagemaker.amazonaws.com"),
                allow(
                    "ScaleEndpoint",
                    [
                        f"application-autoscaling:{verb}"
                        for verb in ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy")
                    ],
                    [arn("application-autoscaling", "scalable-target/*")],
                    {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
                ),
                # the first scalable target of an account brings Application Auto Scaling's own role into being
                allow(
                    "CreateScalingRole",
                    ["iam:CreateServiceLinkedRole"],
                    [role_arn(_SCALING_ROLE)],
                    {"StringEquals": {"iam:AWSServiceName": _SCALING}},
                ),
                allow(
                    "TrackTarget",
                    ["cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"],
                    [arn("cloudwatch", f"alarm:TargetTracking-endpoint/{names.endpoint}/*")],
                ),
                # the describe calls of Application Auto Scaling take no resource
                allow(
                    "ReadScaling",
                    ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"],
                    ["*"],
                ),
            ],
        )
        role(
            self,
            "Monitoring",
            name=names.role("monitoring-deploy"),
            service=_SERVICE,
            purpose="CloudFormation's role for the monitors that follow a release",
            statements=[
                allow(
                    "ManageAlarms",
                    ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"],
                    [arn("cloudwatch", f"alarm:{names.prefix}-*")],
                ),
            ],
        )
