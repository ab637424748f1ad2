"""One sweep: look, plan, make sure that nothing has moved meanwhile, remove."""

from datetime import datetime
from typing import Any, Protocol

from lambdas.sweep.decision import Found, Plan, plan

# A stack in another state may be about to need what nothing references just now
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE")


class Surroundings(Protocol):
    """What a sweep needs of the account; see World."""

    def stack(self) -> tuple[str, str]: ...
    def look(self, generation: str) -> Found: ...
    def remove(self, plan: Plan) -> None: ...


def sweep(world: Surroundings, stack: str, before: datetime, *, dry_run: bool) -> dict[str, Any]:
    """What went, or with ``dry_run`` would go, of what was made before that time; ``skipped`` says why nothing did."""
    status, generation = world.stack()
    if status not in SETTLED:
        return {"skipped": f"{stack} is {status}: nothing is removed while a release is under way or stuck"}
    decided = plan(world.look(generation), before)
    if not dry_run:
        if world.stack() != (status, generation):  # a release has begun while we looked
            return {"skipped": f"{stack} has moved on since the sweep began"}
        world.remove(decided)
    return {"dry_run": dry_run, **decided.to_dict()}
