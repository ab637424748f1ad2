"""What becomes of a stack's operation that a restart has cut off: it is taken back, as one that has failed.

The thread that carried it out is gone, and with it how far it had come; the stack's records tell what there is to take back.
"""

from dataclasses import replace

from local_aws.cloudformation.engine import Engine
from local_aws.cloudformation.stack import Change, Record, Stack, Unfinished

REASON = "The local AWS was stopped during the operation."
_CLEANING = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"  # nothing of it can fail any more


def take_back(engine: Engine, stack: Stack) -> None:
    """Bring a busy stack to rest."""
    if stack.status == _CLEANING:
        engine.history.finish(stack, "UPDATE_COMPLETE")
        return
    if stack.deleted:  # all that was missing is that it says so
        engine.history.finish(stack, "DELETE_COMPLETE")
        return
    rolling_back = stack.unfinished is not None and stack.status.startswith(stack.unfinished.prefix)
    if not rolling_back:
        stack.unfinished = _unfinished(stack)
        _tell(engine, stack)
    if stack.unfinished is None or (stack.disable_rollback and not rolling_back):
        engine.interrupted(stack)
    else:
        engine.roll_back(stack)


def _unfinished(stack: Stack) -> Unfinished | None:
    """What a creation or an update had done; a deletion is not taken back."""
    if stack.status == "CREATE_IN_PROGRESS":
        return Unfinished("ROLLBACK", _changes(stack, {}))
    if stack.status == "UPDATE_IN_PROGRESS" and stack.before:
        return replace(stack.before, changes=_changes(stack, stack.before.records))
    return None


def _changes(stack: Stack, old: dict[str, Record]) -> list[Change]:
    """In the order in which resources depend on each other. What was imported stays: there is no change to take back."""
    new = stack.records
    imported = {name for name, r in new.items() if stack.importing and name not in old and r.deletion_policy != "Delete"}
    changed = [name for name in {**new, **old} if new.get(name) != old.get(name) and name not in imported]
    return [Change(name, old.get(name), new.get(name)) for name in changed]


def _tell(engine: Engine, stack: Stack) -> None:
    """Which resource it was that did not come to its end: whoever asks why finds it among the stack's events."""
    for name, (status, _) in list(stack.resource_statuses.items()):
        verb = status.removesuffix("_IN_PROGRESS")
        if name != stack.name and status.endswith("_IN_PROGRESS"):
            record = stack.records.get(name)
            kind = record.type if record else stack.template.resources[name]["Type"]
            engine.history.event(stack, name, kind, record.id if record else "", f"{verb}_FAILED", REASON)
