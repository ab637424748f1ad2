"""Deploys a template: creates, updates by difference, replaces, rolls back, cleans up, deletes in reverse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudformation import dynamic, existing, outputs, policy, schema
from local_aws.cloudformation.failures import ResourceFailed, name_of, reason_of
from local_aws.cloudformation.history import History
from local_aws.cloudformation.outputs import OutputFailed
from local_aws.cloudformation.resources import handler_of
from local_aws.cloudformation.resources.base import Context, Failed, Made, is_gone
from local_aws.cloudformation.responses import Responses
from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.stack import Change, Record, Stack, Stacks, Unfinished
from local_aws.cloudformation.template import Template
from local_aws.errors import AwsError
from local_aws.events.service import Events

INITIATED = "Resource creation Initiated"
REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


@dataclass
class Progress:
    """Changes made so far, and what is to be deleted once all have succeeded."""

    changes: list[Change] = field(default_factory=list)
    leftovers: list[Record] = field(default_factory=list)


class Engine:
    """Carries stacks from one state to the next. Each call runs on a background thread of its own."""

    def __init__(
        self, clients: Clients, clock: Clock, events: Events, background: Background, stacks: Stacks, responses: Responses
    ) -> None:
        self._clients, self._clock, self._background = clients, clock, background
        self._stacks, self._responses = stacks, responses
        # Whether CloudFormation notices that an endpoint went back by itself is not established for AWS: both can be had.
        self.sees_endpoint_rollbacks = True
        self.history = History(clock, events)

    def create(self, stack: Stack, *, disable_rollback: bool = False, delete_on_failure: bool = False) -> None:
        """CREATE_IN_PROGRESS → CREATE_COMPLETE, or ROLLBACK_COMPLETE."""
        self.history.status(stack, "CREATE_IN_PROGRESS", "User Initiated")
        progress = Progress()
        try:
            self._apply(stack, progress)
            stack.outputs = outputs.evaluate(stack, self._stacks)
        except (ResourceFailed, OutputFailed) as failure:
            reason = f"The following resource(s) failed to create: [{name_of(failure)}]."
            if isinstance(failure, OutputFailed):
                reason = str(failure)
            stack.unfinished = Unfinished("ROLLBACK", progress.changes)
            if disable_rollback:
                self.history.finish(stack, "CREATE_FAILED", reason)
                return
            if delete_on_failure:
                self.delete(stack, reason)
                return
            self.history.status(stack, "ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
            self._undo(stack)
            return
        self.history.finish(stack, "CREATE_COMPLETE")

    def update(self, stack: Stack, template: Template, parameters: dict[str, str], *, disable_rollback: bool = False) -> None:
        """UPDATE_IN_PROGRESS → UPDATE_COMPLETE, or UPDATE_ROLLBACK_COMPLETE."""
        unfinished = stack.before
        assert unfinished is not None
        stack.template, stack.parameters = template, parameters
        self.history.status(stack, "UPDATE_IN_PROGRESS", "User Initiated")
        progress = Progress(unfinished.changes)
        try:
            self._apply(stack, progress)
            stack.outputs = outputs.evaluate(stack, self._stacks)
        except (ResourceFailed, OutputFailed) as failure:
            reason = f"The following resource(s) failed to update: [{name_of(failure)}]."
            if isinstance(failure, OutputFailed):
                reason = str(failure)
            stack.unfinished = unfinished
            if disable_rollback:
                self.history.finish(stack, "UPDATE_FAILED", reason)
                return
            self.history.status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
            self._undo(stack)
            return
        self.history.status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for record in reversed(progress.leftovers):
            self._remove(stack, record)
        self.history.finish(stack, "UPDATE_COMPLETE")

    def roll_back(self, stack: Stack, skip: Sequence[str] = ()) -> None:
        """Take up a rollback that failed, or that was not wanted at first."""
        unfinished = stack.unfinished
        assert unfinished is not None
        unfinished.changes = [c for c in unfinished.changes if c.logical_id not in skip]
        self.history.status(stack, f"{unfinished.prefix}_IN_PROGRESS", "User Initiated")
        self._undo(stack)

    def delete(self, stack: Stack, reason: str = "User Initiated", retain: Sequence[str] = ()) -> None:
        """DELETE_IN_PROGRESS → DELETE_COMPLETE, or DELETE_FAILED naming what stayed. ``retain`` names what is given up instead."""
        self.history.status(stack, "DELETE_IN_PROGRESS", reason)
        try:
            outputs.check_deletable(stack, self._stacks)
        except OutputFailed as failure:
            self.history.finish(stack, "DELETE_FAILED", str(failure))
            return
        failed = []
        for record in reversed(self._in_order(stack)):
            if record.deletion_policy != "Delete" or record.logical_id in retain:
                self.history.resource(stack, record, "DELETE_SKIPPED")
                del stack.records[record.logical_id]
            elif self._remove(stack, record):
                del stack.records[record.logical_id]
            else:
                failed.append(record.logical_id)
        if failed:
            self.history.finish(stack, "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}].")
        else:
            self._stacks.bury(stack, self._clock.now())  # first: who has seen the status finds the name free
            self.history.finish(stack, "DELETE_COMPLETE")

    def interrupted(self, stack: Stack) -> None:
        """The local AWS was stopped during an operation: nothing is known of what was under way."""
        verb = next(v for v in ("UPDATE_ROLLBACK", "ROLLBACK", "DELETE", "UPDATE", "CREATE") if stack.status.startswith(v))
        self.history.finish(stack, f"{verb}_FAILED", "The local AWS was stopped during the operation.")

    # changes

    def _apply(self, stack: Stack, progress: Progress) -> None:
        """Bring every resource to what the template says, in dependency order. Raises ResourceFailed."""
        exports = {name: value for name, (_, value) in self._stacks.exports().items()}
        scope = Scope(stack.template, stack.name, stack.id, stack.parameters, exports=exports)
        plan: list[str] = [name for name in stack.template.order if scope.active(name)]
        for name in plan:
            resource = stack.template.resources[name]
            try:
                client = self._context(stack, name, resource["Type"]).client
                properties = dynamic.resolve(scope.value(resource.get("Properties", {})), client)
            except (AwsError, LookupError, TypeError, ValueError) as fault:
                raise ResourceFailed(name, reason_of(fault)) from None
            record = self._bring(stack, name, resource, properties, progress)
            scope.refs[name], scope.attributes[name] = record.id, record.attributes
        for name in [n for n in stack.records if n not in plan]:
            self._check_policy(stack, stack.records[name], "delete")
            record = stack.records.pop(name)
            progress.changes.append(Change(name, record, None))
            if record.deletion_policy == "Delete":
                progress.leftovers.append(record)
        stack.imports = scope.imported

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
        changed = {k for k in {*properties, *(old.properties if old else ())} if old and properties.get(k) != old.properties.get(k)}
        replace = old is not None and bool(old.type != kind or changed & schema.create_only(kind))
        if old is not None:
            self._check_policy(stack, old, "replace" if replace else "modify")
        verb, before = ("CREATE" if old is None else "UPDATE"), (old.id if old else "")
        self.history.event(stack, name, kind, before, f"{verb}_IN_PROGRESS", REPLACING if replace else "", properties)
        handler, context = handler_of(kind), self._context(stack, name, kind)
        try:
            if stack.importing and old is None and (found := self.existing(stack, kind, properties)):
                return self._import(stack, name, resource, properties, found)
            if old is None or replace:
                existing.check_free(self._stacks, context, kind, properties, old)
                made = handler.create(context, properties)
                self.history.event(stack, name, kind, made.id, f"{verb}_IN_PROGRESS", INITIATED, properties)
            else:
                made = handler.update(context, old.id, old.properties, properties)
        except Exception as fault:
            if old is not None and not replace:
                progress.changes.append(Change(name, old, old))
            self.history.event(stack, name, kind, before, f"{verb}_FAILED", reason_of(fault), properties)
            raise ResourceFailed(name, reason_of(fault)) from fault
        record = Record(name, kind, made.id, properties, made.attributes, self._clock.now(), **policies)
        stack.records[name] = record
        progress.changes.append(Change(name, old, record))
        # an update may give a custom resource another id: then the old one is deleted in the end, as after a replacement
        if old is not None and old.id != record.id and old.replace_policy == "Delete":
            progress.leftovers.append(old)
        self.history.resource(stack, record, f"{verb}_COMPLETE")
        return record

    def existing(self, stack: Stack, kind: str, properties: dict[str, Any]) -> Made | None:
        """A resource of the template's name that exists and belongs to no stack."""
        return existing.unowned(self._stacks, self._context(stack, "", kind), kind, properties)

    def _import(self, stack: Stack, name: str, resource: dict[str, Any], properties: dict[str, Any], found: Made) -> Record:
        """Take up what exists. A rollback leaves it alone: there is no change to take back."""
        kind = resource["Type"]
        deletion = resource.get("DeletionPolicy", "Delete")
        if deletion == "Delete":
            raise Failed(f"Resources to import must have a DeletionPolicy of Retain or RetainExceptOnCreate: {name}")
        made = handler_of(kind).update(self._context(stack, name, kind), found.id, {}, properties)
        policies = {"deletion_policy": deletion, "replace_policy": resource.get("UpdateReplacePolicy", "Delete")}
        stack.records[name] = Record(name, kind, made.id, properties, made.attributes, self._clock.now(), **policies)
        self.history.resource(stack, stack.records[name], "IMPORT_COMPLETE", "Resource import completed.")
        return stack.records[name]

    def _undo(self, stack: Stack) -> None:
        """Take back what is unfinished, last change first; what fails stays unfinished."""
        unfinished = stack.unfinished
        assert unfinished is not None
        prefix, failed = unfinished.prefix, []
        verb = "UPDATE_FAILED" if prefix == "UPDATE_ROLLBACK" else "DELETE_FAILED"
        for change in reversed(unfinished.changes):
            try:
                self._undo_one(stack, change)
            except Exception as fault:
                failed.append(change)
                record = change.after or change.before
                assert record is not None
                self.history.resource(stack, record, verb, reason_of(fault))
        if failed:
            unfinished.changes = failed[::-1]
            listed = ", ".join(c.logical_id for c in failed)
            self.history.finish(stack, f"{prefix}_FAILED", f"The following resource(s) failed to roll back: [{listed}].")
            return
        if unfinished.template is not None:
            self.history.status(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
            stack.template, stack.parameters = unfinished.template, unfinished.parameters
            stack.records, stack.outputs = unfinished.records, unfinished.outputs
        else:
            stack.outputs = []
        stack.unfinished = None
        self.history.finish(stack, f"{prefix}_COMPLETE")

    def _undo_one(self, stack: Stack, change: Change) -> None:
        before, after = change.before, change.after
        if before is None and after is not None:
            if after.deletion_policy == "Retain" and not stack.retain_except_on_create:
                self.history.resource(stack, after, "DELETE_SKIPPED")
            elif not self._remove(stack, after):
                raise Failed(f"{after.logical_id} could not be deleted")
            stack.records.pop(change.logical_id, None)
        elif before is not None and after is None:
            stack.records[change.logical_id] = before
        elif before is not None and after is not None:
            if before.id == after.id:
                context = self._context(stack, before.logical_id, before.type)
                self.history.resource(stack, before, "UPDATE_IN_PROGRESS")
                handler_of(before.type).update(context, before.id, after.properties, before.properties)
                self.history.resource(stack, before, "UPDATE_COMPLETE")
            else:
                self._remove(stack, after)
            stack.records[change.logical_id] = before

    def _remove(self, stack: Stack, record: Record) -> bool:
        self.history.resource(stack, record, "DELETE_IN_PROGRESS")
        try:
            handler_of(record.type).delete(self._context(stack, record.logical_id, record.type), record.id, record.properties)
        except Exception as fault:
            # of a custom resource it is the function that is gone, and with it whoever could delete
            if not is_gone(fault) or schema.is_custom(record.type):
                self.history.resource(stack, record, "DELETE_FAILED", reason_of(fault))
                return False
        self.history.resource(stack, record, "DELETE_COMPLETE")
        return True

    def _check_policy(self, stack: Stack, record: Record, change: str) -> None:
        if policy.denied(stack.policy, record.logical_id, record.type, change):
            raise ResourceFailed(
                record.logical_id,
                f"Action denied by stack policy: Statement does not allow Update:{change.capitalize()} of {record.logical_id}",
            )

    def _in_order(self, stack: Stack) -> list[Record]:
        order = {name: i for i, name in enumerate(stack.template.order)}
        return sorted(stack.records.values(), key=lambda r: order.get(r.logical_id, len(order)))

    def _context(self, stack: Stack, logical_id: str, kind: str) -> Context:
        """Calls are made as the stack's service role, or as whoever called without one."""
        client: Callable[[str], Any] = self._clients.admin
        if stack.role:
            role = stack.role
            client = lambda service: self._clients.role(service, role, "AWSCloudFormation")  # noqa: E731
        place = (stack.name, stack.id, logical_id)
        return Context(client, *place, self._background.park, self.sees_endpoint_rollbacks, kind, self._responses)
