"""EventBridge Scheduler: rate schedules that fire when the clock reaches them."""

import json
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.events.service import queue_url
from local_aws.principals import ACCOUNT, REGION

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


class Scheduler:
    """Schedules of the default group. Other expressions than ``rate(…)`` are refused."""

    kept = ("_schedules",)

    def __init__(self, clients: Clients, clock: Clock, background: Background) -> None:
        self._clients, self._clock, self._background = clients, clock, background
        self._schedules: dict[str, dict[str, Any]] = {}

    def resume(self) -> None:
        """After a restore: plan again, a whole interval from now. What fell due in between is not made up for."""
        for schedule in self._schedules.values():
            self._plan(schedule, self._clock.now() + schedule["_every"])

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
        return {k: v for k, v in schedule.items() if k != "_every"} | {"Arn": self._arn(schedule["Name"]), "GroupName": "default"}

    @operation("scheduler", "DeleteSchedule")
    def delete(self, call: Call) -> None:
        self._get(call.params["Name"])
        del self._schedules[call.params["Name"]]

    @operation("scheduler", "ListSchedules")
    def list(self, _: Call) -> dict[str, Any]:
        return {
            "Schedules": [
                {"Name": n, "Arn": self._arn(n), "GroupName": "default", "State": s.get("State", "ENABLED")}
                for n, s in sorted(self._schedules.items())
            ]
        }

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
        self._clock.call_at(when, lambda: self._fire(schedule, when))

    def _fire(self, schedule: dict[str, Any], when: datetime) -> None:
        if self._schedules.get(schedule["Name"]) is not schedule:
            return  # deleted or replaced since
        if schedule.get("State", "ENABLED") == "ENABLED":
            self._background.submit(lambda: self._invoke(schedule, when, 1))
        self._plan(schedule, when + schedule["_every"])

    def _invoke(self, schedule: dict[str, Any], when: datetime, attempt: int) -> None:
        target = schedule["Target"]
        stamp = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        payload = target.get("Input", "{}").replace("<aws.scheduler.scheduled-time>", stamp)
        payload = payload.replace("<aws.scheduler.schedule-arn>", self._arn(schedule["Name"]))
        payload = payload.replace("<aws.scheduler.execution-id>", str(uuid.uuid4())).replace("<aws.scheduler.attempt-number>", str(attempt))
        try:
            self._clients.role("lambda", target["RoleArn"], "scheduler").invoke(
                FunctionName=target["Arn"], InvocationType="Event", Payload=payload.encode()
            )
        except Exception as error:
            if attempt <= target.get("RetryPolicy", {}).get("MaximumRetryAttempts", 185):
                again = lambda: self._background.submit(lambda: self._invoke(schedule, when, attempt + 1))  # noqa: E731
                self._clock.call_later(min(2.0**attempt, 300.0), again)
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
