"""What happens to a stack, as DescribeStackEvents and EventBridge tell it."""

import json
import uuid
from datetime import timedelta
from typing import Any

from local_aws.clock import Clock
from local_aws.cloudformation.stack import Record, Stack
from local_aws.events.service import Events

_STACK = "AWS::CloudFormation::Stack"


class History:
    """Writes events of stacks and their resources."""

    def __init__(self, clock: Clock, events: Events) -> None:
        self._clock, self._events = clock, events

    def status(self, stack: Stack, status: str, reason: str = "") -> None:
        """A stack's new status."""
        self.event(stack, stack.name, _STACK, stack.id, status, reason)  # first: who has seen the status finds its event
        stack.status, stack.reason = status, reason
        detail = {
            "stack-id": stack.id,
            "status-details": {"status": status, "status-reason": reason},
            "client-request-token": stack.token,
        }
        self._events.emit("aws.cloudformation", "CloudFormation Stack Status Change", detail, [stack.id])

    def finish(self, stack: Stack, status: str, reason: str = "") -> None:
        """The status in which an operation ends."""
        settled = stack.settled  # another operation may begin as soon as the status is seen
        for change_set in stack.change_sets.values():
            if change_set.execution == "EXECUTE_IN_PROGRESS":
                change_set.execution = "EXECUTE_COMPLETE" if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE") else "EXECUTE_FAILED"
        self.status(stack, status, reason)
        settled.set()

    def resource(self, stack: Stack, record: Record, status: str, reason: str = "") -> None:
        self.event(stack, record.logical_id, record.type, record.id, status, reason, record.properties)

    def event(
        self, stack: Stack, logical_id: str, kind: str, id: str, status: str, reason: str = "", properties: dict[str, Any] | None = None
    ) -> None:
        # clients sort by time, in milliseconds
        now = self._clock.now()
        time = max(now, stack.events[-1]["Timestamp"] + timedelta(milliseconds=1)) if stack.events else now
        stack.events.append(
            {
                "StackId": stack.id,
                "EventId": str(uuid.uuid4()) if kind == _STACK else f"{logical_id}-{status}-{uuid.uuid4()}",
                "StackName": stack.name,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": id,
                "ResourceType": kind,
                "Timestamp": time,
                "ResourceStatus": status,
                **({"ResourceStatusReason": reason} if reason else {}),
                **({"ResourceProperties": json.dumps(properties, default=str)} if properties is not None else {}),
                **({"ClientRequestToken": stack.token} if stack.token else {}),
            }
        )
        stack.resource_statuses[logical_id] = (status, reason)
        if kind != _STACK:
            detail = {
                "stack-id": stack.id,
                "logical-resource-id": logical_id,
                "physical-resource-id": id,
                "status-details": {"status": status, "status-reason": reason},
                "resource-type": kind,
                "client-request-token": stack.token,
            }
            self._events.emit("aws.cloudformation", "CloudFormation Resource Status Change", detail, [stack.id])
