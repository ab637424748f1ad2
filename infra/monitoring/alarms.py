"""Alarms, and composite alarms over them, so that one cause pages once."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import arn
from infra.monitoring.specs import ENDPOINT, HEARD, MONITORING, RUNNING, STALE, Spec, specs
from infra.stack import resource
from interfaces.monitors import Monitor

_COMPOSITES = {
    ENDPOINT: ("endpoint-unhealthy", "The endpoint does not do what is asked of it."),
    MONITORING: ("monitoring-unhealthy", "Monitoring does not do its work."),
    RUNNING: ("functions-unhealthy", "A function of the lifecycle does not do its work."),
}


class Alarms(Construct):
    """``names`` are the full names of all alarms, composites first."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, monitors: list[Monitor]) -> None:
        super().__init__(scope, id)
        self._environment = environment
        made = specs(environment, monitors)
        singles = {spec.name: self._alarm(spec) for spec in made}
        composites = [self._composite(group, [s for s in made if s.group == group], singles) for group in _COMPOSITES]
        self.names = [*composites, *(environment.names.alarm(name) for name in singles)]

    def _alarm(self, spec: Spec) -> object:
        needed, of = spec.periods
        return resource(
            self,
            _title(spec.name),
            "AWS::CloudWatch::Alarm",
            AlarmName=self._environment.names.alarm(spec.name),
            AlarmDescription=spec.description,
            EvaluationPeriods=of,
            DatapointsToAlarm=needed,
            Threshold=spec.threshold,
            ComparisonOperator=spec.comparison,
            TreatMissingData=spec.missing,
            **spec.watched,
        )

    def _composite(self, group: str, members: list[Spec], singles: dict[str, object]) -> str:
        """Any member; without traffic there is no data, and the endpoint's page has said so.

        The monitor function that says nothing any more leaves its alarm without data: that is a page once it has said something.
        """
        name, says = _COMPOSITES[group]
        full = self._environment.names.alarm
        parts = [f'ALARM("{full(s.name)}")' for s in members if s.name != HEARD]
        if group == MONITORING:
            parts.append(f'(INSUFFICIENT_DATA("{full(STALE)}") AND OK("{full(HEARD)}"))')
        if group == MONITORING and "no-traffic" in singles:
            silent = f'ALARM("{full("monitor-without-data")}")'
            parts = [f'({p} AND NOT ALARM("{full("no-traffic")}"))' if p == silent else p for p in parts]
        # in ASCII: CloudFormation keeps no other characters in a description
        back = f' Back to the version before: loop rollback --environment {self._environment.names.prefix} --reason "why".'
        made = resource(
            self,
            _title(name),
            "AWS::CloudWatch::CompositeAlarm",
            AlarmName=full(name),
            AlarmDescription=f"{says}{back if group == ENDPOINT else ''} Runbook: docs/runbooks/{name}.md",
            AlarmRule=" OR ".join(parts),
            AlarmActions=[arn("sns", self._environment.names.notifications_topic)],
        )
        for single in singles.values():
            made.add_resource_dependency(single)  # type: ignore[arg-type]
        return full(name)


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
