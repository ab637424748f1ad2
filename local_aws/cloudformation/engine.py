"""Deploys a template: creates, updates by difference, replaces, rolls back, cleans up, deletes in reverse."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudformation import policy, schema
from local_aws.cloudformation.resources import HANDLERS
from local_aws.cloudformation.resources.base import Context, Failed, Resource
from local_aws.cloudformation.stack import Record, Stack
from local_aws.cloudformation.template import Scope, Template, error
from local_aws.errors import AwsError, Unsupported
from local_aws.events.service import Events


@dataclass
class Change:
    """What was done to one resource, and so what undoes it."""

    logical_id: str
    before: Record | None
    after: Record | None


@dataclass
class Progress:
    """Changes made so far, and what is to be deleted once all have succeeded."""

    changes: list[Change] = field(default_factory=list)
    leftovers: list[Record] = field(default_factory=list)


@dataclass
class Rollback:
    """A rollback that failed: the changes that are not taken back yet, and what the stack is to have again."""

    progress: Progress
    records: dict[str, Record]


class ResourceFailed(Exception):
    """A resource operation failed: which, and why."""

    def __init__(self, logical_id: str, reason: str) -> None:
        super().__init__(reason)
        self.logical_id, self.reason = logical_id, reason


def check(template: Template) -> None:
    """Refuse, before anything is created, every type and property that is unknown or not emulated. Raises AwsError."""
    faults = []
    for name, resource in template.resources.items():
        kind = resource.get("Type", "")
        handler = HANDLERS.get(kind)
        if handler is None:
            schema.schema(kind)  # names a type that AWS does not have either
            raise Unsupported(f"the resource type {kind} ({name}; it does {', '.join(sorted(HANDLERS))})")
        properties = resource.get("Properties", {})
        faults += [f"{name} ({kind}): {fault}" for fault in schema.faults(kind, properties)]
        for key in properties:
            if key not in handler.properties | handler.state_only and not any(f.startswith(f"{name} ({kind}): /{key} ") for f in faults):
                raise Unsupported(f"the property {key} of {kind} ({name})")
    if faults:
        raise error("Properties validation failed: " + "; ".join(faults))


class Engine:
    """Carries stacks from one state to the next. Each call runs on a background thread of its own."""

    def __init__(self, clients: Clients, clock: Clock, events: Events, background: Background) -> None:
        self._clients, self._clock, self._events, self._background = clients, clock, events, background
        # Whether CloudFormation notices that an endpoint went back by itself is not established for AWS: both can be had.
        self.sees_endpoint_rollbacks = True

    def create(self, stack: Stack, *, disable_rollback: bool = False) -> None:
        """CREATE_IN_PROGRESS → CREATE_COMPLETE, or ROLLBACK_COMPLETE."""
        self.status(stack, "CREATE_IN_PROGRESS", "User Initiated")
        progress = Progress()
        try:
            self._apply(stack, progress)
            self._outputs(stack)
        except ResourceFailed as failure:
            reason = f"The following resource(s) failed to create: [{failure.logical_id}]."
            if disable_rollback:
                self._finish(stack, "CREATE_FAILED", reason)
                return
            self.status(stack, "ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
            self._undo(stack, progress, "ROLLBACK")
            return
        self._finish(stack, "CREATE_COMPLETE")

    def update(self, stack: Stack, template: Template, parameters: dict[str, str]) -> None:
        """UPDATE_IN_PROGRESS → UPDATE_COMPLETE, or UPDATE_ROLLBACK_COMPLETE."""
        before, records = (stack.template, stack.parameters), dict(stack.records)
        stack.template, stack.parameters = template, parameters
        self.status(stack, "UPDATE_IN_PROGRESS", "User Initiated")
        progress = Progress()
        try:
            self._apply(stack, progress)
            self._outputs(stack)
        except ResourceFailed as failure:
            stack.template, stack.parameters = before
            self.status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to update: [{failure.logical_id}].")
            self._undo(stack, progress, "UPDATE_ROLLBACK", records)
            return
        self.status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for record in reversed(progress.leftovers):
            self._remove(stack, record)
        self._finish(stack, "UPDATE_COMPLETE")

    def resume_rollback(self, stack: Stack, skip: frozenset[str]) -> None:
        """UPDATE_ROLLBACK_FAILED → UPDATE_ROLLBACK_COMPLETE; resources to skip are left as they are."""
        pending: Rollback = stack.rollback
        self.status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        kept = Progress([c for c in pending.progress.changes if c.logical_id not in skip])
        self._undo(stack, kept, "UPDATE_ROLLBACK", pending.records)

    def delete(self, stack: Stack) -> None:
        """DELETE_IN_PROGRESS → DELETE_COMPLETE, or DELETE_FAILED naming what stayed."""
        self.status(stack, "DELETE_IN_PROGRESS", "User Initiated")
        failed = []
        for record in reversed(self._in_order(stack)):
            if record.deletion_policy == "Retain":
                self._resource(stack, record, "DELETE_SKIPPED")
                del stack.records[record.logical_id]
            elif self._remove(stack, record):
                del stack.records[record.logical_id]
            else:
                failed.append(record.logical_id)
        if failed:
            self._finish(stack, "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}].")
        else:
            self._finish(stack, "DELETE_COMPLETE")

    # changes

    def _apply(self, stack: Stack, progress: Progress) -> None:
        """Bring every resource to what the template says, in dependency order. Raises ResourceFailed."""
        scope = Scope(stack.template, stack.name, stack.id, stack.parameters)
        plan: list[str] = [name for name in stack.template.order if scope.active(name)]
        for name in plan:
            resource = stack.template.resources[name]
            try:
                properties = scope.value(resource.get("Properties", {}))
            except (AwsError, LookupError, TypeError, ValueError) as fault:
                raise ResourceFailed(name, _reason(fault)) from None
            record = self._bring(stack, name, resource, properties, progress)
            scope.refs[name], scope.attributes[name] = record.id, record.attributes
        for name in [n for n in stack.records if n not in plan]:
            self._check_policy(stack, stack.records[name], "delete")
            record = stack.records.pop(name)
            progress.changes.append(Change(name, record, None))
            if record.deletion_policy != "Retain":
                progress.leftovers.append(record)

    def _bring(self, stack: Stack, name: str, resource: dict[str, Any], properties: dict[str, Any], progress: Progress) -> Record:
        """One resource: unchanged, created, updated or replaced."""
        kind = resource["Type"]
        old = stack.records.get(name)
        policies = {
            "deletion_policy": resource.get("DeletionPolicy", "Delete"),
            "replace_policy": resource.get("UpdateReplacePolicy", "Delete"),
        }
        if old is not None and (old.properties, old.type) == (properties, kind):
            stack.records[name] = Record(name, kind, old.id, properties, old.attributes, old.changed, **policies)
            return stack.records[name]
        handler = HANDLERS[kind]
        changed = {k for k in {*properties, *(old.properties if old else ())} if old and properties.get(k) != old.properties.get(k)}
        replace = old is not None and bool(old.type != kind or changed & schema.create_only(kind))
        if old is not None:
            self._check_policy(stack, old, "replace" if replace else "modify")
        verb = "CREATE" if old is None else "UPDATE"
        reason = "Requested update requires the creation of a new physical resource; hence creating one." if replace else ""
        self._event(stack, name, kind, old.id if old else "", f"{verb}_IN_PROGRESS", reason)
        context = self._context(stack, name)
        try:
            if old is None or replace:
                made = handler.create(context, properties)
            else:
                made = handler.update(context, old.id, old.properties, properties)
        except Exception as fault:
            if old is not None and not replace:
                progress.changes.append(Change(name, old, old))
            self._event(stack, name, kind, old.id if old else "", f"{verb}_FAILED", _reason(fault))
            raise ResourceFailed(name, _reason(fault)) from fault
        record = Record(name, kind, made.id, properties, made.attributes, self._clock.now(), **policies)
        stack.records[name] = record
        progress.changes.append(Change(name, old, record))
        if replace and old is not None and old.replace_policy != "Retain":
            progress.leftovers.append(old)
        self._event(stack, name, kind, made.id, f"{verb}_COMPLETE")
        return record

    def _undo(self, stack: Stack, progress: Progress, prefix: str, records: dict[str, Record] | None = None) -> None:
        """Take back changes, last first; ``records`` is what the stack then has again."""
        failed: list[str] = []
        left: list[Change] = []
        for change in reversed(progress.changes):
            try:
                self._undo_one(stack, change)
            except Exception as fault:
                failed.append(change.logical_id)
                left.insert(0, change)
                record = change.after or change.before
                assert record is not None
                self._event(
                    stack,
                    record.logical_id,
                    record.type,
                    record.id,
                    "UPDATE_FAILED" if prefix == "UPDATE_ROLLBACK" else "DELETE_FAILED",
                    _reason(fault),
                )
        if failed:
            stack.rollback = Rollback(Progress(left), records) if records is not None else None
            self._finish(stack, f"{prefix}_FAILED", f"The following resource(s) failed to roll back: [{', '.join(failed)}].")
            return
        if prefix == "UPDATE_ROLLBACK":
            self.status(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        if records is not None:
            stack.records = records
        self._finish(stack, f"{prefix}_COMPLETE")

    def _undo_one(self, stack: Stack, change: Change) -> None:
        before, after = change.before, change.after
        if before is None and after is not None:
            if not self._remove(stack, after):
                raise Failed(f"{after.logical_id} could not be deleted")
            stack.records.pop(change.logical_id, None)
        elif before is not None and after is None:
            stack.records[change.logical_id] = before
        elif before is not None and after is not None:
            if before.id == after.id:
                handler: Resource = HANDLERS[before.type]
                context = self._context(stack, before.logical_id)
                self._event(stack, before.logical_id, before.type, before.id, "UPDATE_IN_PROGRESS")
                made = handler.update(context, before.id, after.properties, before.properties)
                self._event(stack, before.logical_id, before.type, made.id, "UPDATE_COMPLETE")
            else:
                self._remove(stack, after)
            stack.records[change.logical_id] = before

    def _remove(self, stack: Stack, record: Record) -> bool:
        self._resource(stack, record, "DELETE_IN_PROGRESS")
        try:
            HANDLERS[record.type].delete(self._context(stack, record.logical_id), record.id, record.properties)
        except Exception as fault:
            self._resource(stack, record, "DELETE_FAILED", _reason(fault))
            return False
        self._resource(stack, record, "DELETE_COMPLETE")
        return True

    def _check_policy(self, stack: Stack, record: Record, change: str) -> None:
        if policy.denied(stack.policy, record.logical_id, record.type, change):
            raise ResourceFailed(
                record.logical_id,
                f"Action denied by stack policy: Statement does not allow Update:{change.capitalize()} of {record.logical_id}",
            )

    def _outputs(self, stack: Stack) -> None:
        scope = Scope(stack.template, stack.name, stack.id, stack.parameters)
        for name, record in stack.records.items():
            scope.refs[name], scope.attributes[name] = record.id, record.attributes
        outputs = []
        for name, spec in stack.template.raw.get("Outputs", {}).items():
            try:
                if spec.get("Condition") is None or scope.condition(spec["Condition"]):
                    described = {"Description": spec["Description"]} if "Description" in spec else {}
                    outputs.append({"OutputKey": name, "OutputValue": str(scope.value(spec["Value"])), **described})
            except (AwsError, LookupError, TypeError, ValueError) as fault:
                raise ResourceFailed(name, f"Output {name}: {_reason(fault)}") from None
        stack.outputs = outputs

    def _in_order(self, stack: Stack) -> list[Record]:
        order = {name: i for i, name in enumerate(stack.template.order)}
        return sorted(stack.records.values(), key=lambda r: order.get(r.logical_id, len(order)))

    # principals, events

    def _context(self, stack: Stack, logical_id: str) -> Context:
        """Calls are made as the stack's service role, or as whoever called without one."""
        client: Callable[[str], Any] = self._clients.admin
        if stack.role:
            role = stack.role
            client = lambda service: self._clients.role(service, role, "AWSCloudFormation")  # noqa: E731
        return Context(client, stack.name, stack.id, logical_id, self._background.park, self.sees_endpoint_rollbacks)

    def status(self, stack: Stack, status: str, reason: str = "") -> None:
        stack.status, stack.reason = status, reason
        self._event(stack, stack.name, "AWS::CloudFormation::Stack", stack.id, status, reason)
        detail = {
            "stack-id": stack.id,
            "status-details": {"status": status, "status-reason": reason},
            "client-request-token": stack.token,
        }
        self._events.emit("aws.cloudformation", "CloudFormation Stack Status Change", detail, [stack.id])

    def _finish(self, stack: Stack, status: str, reason: str = "") -> None:
        self.status(stack, status, reason)
        stack.settled.set()

    def _resource(self, stack: Stack, record: Record, status: str, reason: str = "") -> None:
        self._event(stack, record.logical_id, record.type, record.id, status, reason)

    def _event(self, stack: Stack, logical_id: str, kind: str, id: str, status: str, reason: str = "") -> None:
        stack.events.append(
            {
                "StackId": stack.id,
                "EventId": f"{logical_id}-{len(stack.events)}",
                "StackName": stack.name,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": id,
                "ResourceType": kind,
                "Timestamp": self._clock.now(),
                "ResourceStatus": status,
                **({"ResourceStatusReason": reason} if reason else {}),
                **({"ClientRequestToken": stack.token} if stack.token else {}),
            }
        )
        if kind != "AWS::CloudFormation::Stack":
            detail = {
                "stack-id": stack.id,
                "logical-resource-id": logical_id,
                "physical-resource-id": id,
                "status-details": {"status": status, "status-reason": reason},
                "resource-type": kind,
                "client-request-token": stack.token,
            }
            self._events.emit("aws.cloudformation", "CloudFormation Resource Status Change", detail, [stack.id])


def _reason(fault: BaseException) -> str:
    if isinstance(fault, ClientError):
        answer = fault.response["Error"]
        return f"{answer['Message']} (Service: {fault.operation_name}, Code: {answer['Code']})"
    if isinstance(fault, AwsError):
        return fault.message
    return str(fault) or repr(fault)
