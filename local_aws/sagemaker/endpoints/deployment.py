"""One update of an endpoint: the new fleet starts, takes traffic step by step, bakes under its alarms, and stays or goes back.

Waits are of the clock: nothing is under way while the deployment bakes, and moving the clock moves it on.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from local_aws.sagemaker.endpoints.endpoint import Endpoint
from local_aws.sagemaker.endpoints.fleet import Fleet
from local_aws.sagemaker.endpoints.plan import Plan
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.server import StartFailed

POLL_S = 30.0  # how often alarms are looked at
DRAIN_S = 60.0  # a model has 60 seconds to answer

Launch = Callable[[], Fleet]
Changed = Callable[[Endpoint], None]


class Deployment:
    """Blue/green or rolling. ``changed`` announces a new status of the endpoint."""

    def __init__(self, world: World, endpoint: Endpoint, config: dict[str, Any], plan: Plan, launch: Launch, changed: Changed) -> None:
        self._world, self._endpoint, self._config, self._plan = world, endpoint, config, plan
        self._launch, self._changed = launch, changed
        self._end = world.clock.now() + timedelta(seconds=plan.limit_s)
        self._bake_end = world.clock.now()

    def run(self) -> None:
        """Start the new fleet; the old one serves until it is healthy, and goes on if it is not."""
        try:
            green = self._launch()
        except StartFailed as error:
            self._roll_back(str(error))
            return
        self._endpoint.green = green
        self._shift(0)

    def _shift(self, step: int) -> None:
        """Give the new fleet its next share, then bake."""
        self._endpoint.share = self._plan.shares[step]
        self._bake_end = self._world.clock.now() + timedelta(seconds=self._plan.bake_s)
        if self._plan.bake_s:
            self._watch(step)
        else:
            self._after(step)

    def _watch(self, step: int) -> None:
        """Look at the alarms until the baking period is over."""
        tripped = self._tripped()
        now = self._world.clock.now()
        if tripped:
            self._roll_back(f"One or more alarms tripped during the deployment: {', '.join(tripped)}")
        elif now >= self._end:
            self._roll_back(f"The deployment did not end within {self._plan.limit_s} seconds")
        elif now >= self._bake_end:
            self._after(step)
        else:
            wait = min(POLL_S, (self._bake_end - now).total_seconds())
            self._later(wait, lambda: self._watch(step))

    def _after(self, step: int) -> None:
        if step + 1 < len(self._plan.shares):
            self._shift(step + 1)
        elif self._plan.termination_wait_s:
            self._later(self._plan.termination_wait_s, self._complete)
        else:
            self._complete()

    def _complete(self) -> None:
        endpoint, old = self._endpoint, self._endpoint.fleet
        endpoint.fleet, endpoint.green, endpoint.share = endpoint.green, None, 0.0
        endpoint.config_name, endpoint.failure = self._config["EndpointConfigName"], None
        self._settle("InService")
        if old:
            old.close(DRAIN_S)

    def _roll_back(self, reason: str) -> None:
        """All traffic to the old fleet first: nothing is lost. Then the new one ends."""
        endpoint, green = self._endpoint, self._endpoint.green
        endpoint.share, endpoint.green, endpoint.failure = 0.0, None, reason
        endpoint.status = "RollingBack"
        self._changed(endpoint)
        if green:
            green.close(DRAIN_S)
        self._settle("InService" if endpoint.fleet else "Failed")

    def _settle(self, status: str) -> None:
        self._endpoint.status, self._endpoint.modified, self._endpoint.pending = status, self._world.clock.now(), None
        self._changed(self._endpoint)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._world.clock.call_later(seconds, lambda: self._world.background.submit(action))

    def _tripped(self) -> list[str]:
        """The plan's alarms that are in ALARM, asked for as the new model's execution role."""
        if not self._plan.alarms or self._endpoint.green is None:
            return []
        role = self._endpoint.green.role
        cloudwatch = self._world.clients.role("cloudwatch", role, self._endpoint.name[:64])
        answer = cloudwatch.describe_alarms(AlarmNames=list(self._plan.alarms), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        alarms = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        return [a["AlarmName"] for a in alarms if a["StateValue"] == "ALARM"]
