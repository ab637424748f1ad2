"""The service roles that CloudFormation uses for a release: narrow, because they are the boundary.

UpdateStack has no condition key for a template body, so what a release can do is what these roles can do.
"""

from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, PARTITION, Statement, allow, arn, pass_role, role, role_arn
from interfaces.monitors import MONITORS
from interfaces.names import Names

_SERVICE = "cloudformation.amazonaws.com"
_SCALING = "sagemaker.application-autoscaling.amazonaws.com"
_ALARMS = [f"cloudwatch:{verb}" for verb in ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms")]
_SCALING_ROLE = f"aws-service-role/{_SCALING}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


class DeployRoles(Construct):
    """One role per stack that a release updates."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment) -> None:
        super().__init__(scope, id)
        role(
            self,
            "Serving",
            name=environment.names.role("serving-deploy"),
            service=_SERVICE,
            purpose="CloudFormation's role for releases: models, endpoint configs, the endpoint, its scaling",
            statements=[*_hosting(environment), *_volume_key(environment), *_scaling(environment.names)],
        )
        role(
            self,
            "Monitoring",
            name=environment.names.role("monitoring-deploy"),
            service=_SERVICE,
            purpose="CloudFormation's role for the monitors that follow a release",
            statements=_monitoring(environment.names),
        )


def _hosting(environment: Environment) -> list[Statement]:
    """Model, endpoint config, endpoint, and the alarms that guard its deployments."""
    names = environment.names
    endpoints = [names.endpoint_of(kind) for kind in environment.serving.kinds]
    kinds = {"Model": [names.model("*")], "EndpointConfig": [names.endpoint_config("*")], "Endpoint": endpoints}
    made = {title: [arn("sagemaker", f"{_kebab(title)}/{name}") for name in given] for title, given in kinds.items()}
    manage = [
        allow(f"Manage{title}", [f"sagemaker:{verb}{title}" for verb in ("Create", "Describe", "Delete")], arns)
        for title, arns in made.items()
    ]
    packages = arn("sagemaker", f"model-package/{names.model_package_group}/*")
    return [
        *manage,
        # creating an endpoint is also authorised on the config it names
        allow("UseConfig", ["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"], made["EndpointConfig"]),
        allow("UpdateEndpoint", ["sagemaker:UpdateEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"], made["Endpoint"]),
        allow("TagServing", ["sagemaker:AddTags", "sagemaker:ListTags"], [arn for arns in made.values() for arn in arns]),
        allow("ManageGuardrails", _ALARMS, [arn("cloudwatch", f"alarm:{names.release_alarm('*')}")]),
        allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [packages]),
        pass_role("PassModelRole", role_arn(names.role("endpoint")), "sagemaker.amazonaws.com"),
    ]


def _volume_key(environment: Environment) -> list[Statement]:
    """SageMaker takes a grant on the key of the instances' volumes, from whoever creates the endpoint."""
    if not environment.serving.encrypt_volume:
        return []
    alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{environment.names.prefix}"}}
    grant = {**alias, "Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [allow("UseKeyByAlias", ["kms:CreateGrant"], [arn("kms", "key/*")], grant)]


def _scaling(names: Names) -> list[Statement]:
    verbs = ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy")
    of_sagemaker = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
    targets = [arn("application-autoscaling", "scalable-target/*")]
    # the describe calls of Application Auto Scaling take no resource
    read = [f"application-autoscaling:Describe{what}" for what in ("ScalableTargets", "ScalingPolicies")]
    return [
        allow("ScaleEndpoint", [f"application-autoscaling:{verb}" for verb in verbs], targets, of_sagemaker),
        # the first scalable target of an account brings Application Auto Scaling's own role into being
        allow(
            "CreateScalingRole",
            ["iam:CreateServiceLinkedRole"],
            [role_arn(_SCALING_ROLE)],
            {"StringEquals": {"iam:AWSServiceName": _SCALING}},
        ),
        allow("TrackTarget", _ALARMS, [arn("cloudwatch", f"alarm:TargetTracking-endpoint/{names.endpoint}/*")]),
        allow("ReadScaling", read, ["*"]),
    ]


def _monitoring(names: Names) -> list[Statement]:
    """Alarms, dashboard, schedules, and job definitions, which CloudFormation names."""
    alarm = ["PutMetricAlarm", "PutCompositeAlarm", "DeleteAlarms", "DescribeAlarms"]
    kinds = [f"{m.title}JobDefinition" for m in MONITORS.values()]
    verbs = ("Create", "Describe", "Delete")
    definitions = [arn("sagemaker", f"{_kebab(m.title)}-job-definition/*") for m in MONITORS.values()]
    schedule = [f"sagemaker:{verb}MonitoringSchedule" for verb in ("Create", "Describe", "Update", "Stop", "Start", "Delete")]
    schedules = [arn("sagemaker", f"monitoring-schedule/{names.monitor(m)}") for m in MONITORS]
    return [
        allow("ManageAlarms", [f"cloudwatch:{verb}" for verb in alarm], [arn("cloudwatch", f"alarm:{names.prefix}-*")]),
        allow(
            "ManageDashboard",
            [f"cloudwatch:{verb}" for verb in ("PutDashboard", "GetDashboard", "DeleteDashboards")],
            [f"arn:{PARTITION}:cloudwatch::{ACCOUNT}:dashboard/{names.prefix}"],
        ),
        allow("ManageDefinitions", [f"sagemaker:{verb}{kind}" for kind in kinds for verb in verbs], definitions),
        allow("ManageSchedules", schedule, [*schedules, *definitions]),
        allow("TagMonitors", ["sagemaker:AddTags", "sagemaker:ListTags"], [*schedules, *definitions]),
        pass_role("PassMonitorRole", role_arn(names.role("monitor-job")), "sagemaker.amazonaws.com"),
    ]


def _kebab(title: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in title).lstrip("-")
