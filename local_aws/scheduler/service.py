"""EventBridge Scheduler: rate schedules that fire when the clock reaches them."""

import json
import re
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.events.service import queue_url
from local_aws.principals import ACCOUNT, REGION
from local_aws.sagemaker.names import page
from local_aws.waiting import Waiting

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_OWN = ("_every", "_next")  # what a schedule holds beyond what it was given


@dataclass(frozen=True)
class Invocation:
    """One firing of a schedule, for the first or a later time."""

    schedule: dict[str, Any]
    when: datetime
    attempt: int = 1


class Scheduler:
    """Schedules of the default group. Other expressions than ``rate(…)`` are refused."""

    kept = ("_schedules", "retries")

    def __init__(self, clients: Clients, clock: Clock, background: Background) -> None:
        self._clients, self._clock, self._background = clients, clock, background
        self._schedules: dict[str, dict[str, Any]] = {}
        self._retries: Waiting[Invocation] = Waiting(clock, background, self._invoke)

    @property
    def retries(self) -> list[tuple[datetime, Invocation]]:
        """Invocations that have failed and wait to be tried again."""
        return self._retries.held

    @retries.setter
    def retries(self, held: list[tuple[datetime, Invocation]]) -> None:
        self._retries.held = held

    def resume(self) -> None:
        """After a restore: every schedule keeps its beat. What fell due in between is not made up for."""
        now = self._clock.now()
        for schedule in self._schedules.values():
            missed = max(0, (now - schedule["_next"]) // schedule["_every"] + 1)
            self._plan(schedule, schedule["_next"] + missed * schedule["_every"])
        self._retries.resume()

    @operation("scheduler", "CreateSchedule")
    def create(self, call: Call) -> dict[str, Any]:
        name = call.params["Name"]
        if name in self._schedules:
            raise AwsError("ConflictException", f"Schedule {name} already exists.", 409)
        return self._put(name, call.params)

    @operation("scheduler", "UpdateSchedule")
    def update(self, call: Call) -> dict[str, Any]:
        self._get(call.params["Name"])
        return self._put(call.params["Name"], call.params)

    @operation("scheduler", "GetSchedule")
    def get(self, call: Call) -> dict[str, Any]:
        schedule = self._get(call.params["Name"])
        shown = {k: v for k, v in schedule.items() if k not in _OWN}
        return {"State": "ENABLED", **shown, "Arn": self._arn(schedule["Name"]), "GroupName": "default"}

    @operation("scheduler", "DeleteSchedule")
    def delete(self, call: Call) -> None:
        self._get(call.params["Name"])
        del self._schedules[call.params["Name"]]

    @operation("scheduler", "ListSchedules")
    def list(self, call: Call) -> dict[str, Any]:
        prefix, state = call.params.get("NamePrefix", ""), call.params.get("State")
        found = [
            {"Name": n, "Arn": self._arn(n), "GroupName": "default", "State": s.get("State", "ENABLED")}
            for n, s in sorted(self._schedules.items())
            if n.startswith(prefix)
        ]
        return page([s for s in found if state in (None, s["State"])], call.params, "Schedules", default=100)

    def _put(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        found = _RATE.fullmatch(params["ScheduleExpression"])
        if not found:
            raise Unsupported(f"the schedule expression {params['ScheduleExpression']!r} (it does rate(N minutes|hours|days))")
        if params["Target"]["Arn"].split(":")[2] != "lambda":
            raise Unsupported(f"a Scheduler target {params['Target']['Arn']}")
        every = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        if not every:
            raise validation("a rate must be positive")
        schedule = {k: v for k, v in params.items() if k not in ("ClientToken", "GroupName")} | {"_every": every}
        self._schedules[name] = schedule
        self._plan(schedule, self._clock.now() + every)
        return {"ScheduleArn": self._arn(name)}

    def _plan(self, schedule: dict[str, Any], when: datetime) -> None:
        schedule["_next"] = when
        self._clock.call_at(when, lambda: self._fire(schedule, when))

    def _fire(self, schedule: dict[str, Any], when: datetime) -> None:
        if self._schedules.get(schedule["Name"]) is not schedule:
            return  # deleted or replaced since
        if schedule.get("State", "ENABLED") == "ENABLED":
            self._background.submit(partial(self._invoke, Invocation(schedule, when)))
        self._plan(schedule, when + schedule["_every"])

    def _invoke(self, invocation: Invocation) -> None:
        schedule, attempt = invocation.schedule, invocation.attempt
        target = schedule["Target"]
        stamp = invocation.when.strftime("%Y-%m-%dT%H:%M:%SZ")
        payload = target.get("Input", "{}").replace("<aws.scheduler.scheduled-time>", stamp)
        payload = payload.replace("<aws.scheduler.schedule-arn>", self._arn(schedule["Name"]))
        payload = payload.replace("<aws.scheduler.execution-id>", str(uuid.uuid4())).replace("<aws.scheduler.attempt-number>", str(attempt))
        try:
            self._clients.role("lambda", target["RoleArn"], "scheduler").invoke(
                FunctionName=target["Arn"], InvocationType="Event", Payload=payload.encode()
            )
        except Exception as error:
            if attempt <= target.get("RetryPolicy", {}).get("MaximumRetryAttempts", 185):
                wait = timedelta(seconds=min(2.0**attempt, 300.0))
                self._retries.add(self._clock.now() + wait, replace(invocation, attempt=attempt + 1))
            elif queue := target.get("DeadLetterConfig", {}).get("Arn"):
                body = json.dumps({"schedule": self._arn(schedule["Name"]), "input": payload, "error": str(error)})
                self._clients.role("sqs", target["RoleArn"], "scheduler").send_message(QueueUrl=queue_url(queue), MessageBody=body)

    def _get(self, name: str) -> dict[str, Any]:
        if name not in self._schedules:
            raise AwsError("ResourceNotFoundException", f"Schedule {name} does not exist.", 404)
        return self._schedules[name]

    @staticmethod
    def _arn(name: str) -> str:
        return f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"
