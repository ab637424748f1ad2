"""Monitoring: watches what serves. Apart from Serving, so that a monitor never takes an endpoint down."""

import aws_cdk as cdk
from aws_cdk import Fn
from constructs import Construct

from infra.environment import Environment
from infra.monitoring.alarms import Alarms
from infra.monitoring.chat import Chat
from infra.monitoring.dashboard import Dashboard
from infra.monitoring.schedules import Schedules, enabled
from infra.stack import Stack
from interfaces.contract import Contract
from interfaces.monitors import AUTO, ENGINES, MODEL_MONITOR


class Monitoring(Stack):
    """Follows the released package by its parameters: the release function sets them, with the engine."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, termination_protection: bool) -> None:
        super().__init__(scope, id, name=environment.names.monitoring_stack, termination_protection=termination_protection)
        engine = environment.engine
        package = self._parameter("ModelPackageArn", "The model package that serves; empty before the first release")
        baseline = self._parameter("BaselineUri", "Where the package's baseline lies; empty when it has none")
        version = self._parameter("DatasetVersion", "The dataset version that the package was trained on")
        chosen = cdk.CfnParameter(
            self, "Engine", default=MODEL_MONITOR if engine == AUTO else engine, allowed_values=list(ENGINES), description="What monitors"
        )
        released = self._condition("HasModel", _given(package))
        scheduled = self._condition(
            "HasSchedules", Fn.condition_and(_given(package), _given(baseline), Fn.condition_equals(chosen.value_as_string, MODEL_MONITOR))
        )
        Schedules(self, "Schedules", environment=environment, contract=contract, baseline=baseline.value_as_string, condition=scheduled)
        alarms = Alarms(self, "Alarms", environment=environment, monitors=enabled(environment, contract))
        Dashboard(self, "Dashboard", environment=environment, alarms=alarms.names, features=[c.name for c in contract.features])
        Chat(self, "Chat", environment=environment)
        cdk.CfnOutput(self, "MonitoredModelPackageArn", value=package.value_as_string).condition = released
        cdk.CfnOutput(self, "MonitoredDatasetVersion", value=version.value_as_string).condition = released
        cdk.CfnOutput(self, "MonitoringEngine", value=chosen.value_as_string).condition = released

    def _parameter(self, name: str, description: str) -> cdk.CfnParameter:
        return cdk.CfnParameter(self, name, default="", description=description)

    def _condition(self, name: str, expression: cdk.ICfnConditionExpression) -> cdk.CfnCondition:
        return cdk.CfnCondition(self, name, expression=expression)


def _given(parameter: cdk.CfnParameter) -> cdk.ICfnRuleConditionExpression:
    return Fn.condition_not(Fn.condition_equals(parameter.value_as_string, ""))
