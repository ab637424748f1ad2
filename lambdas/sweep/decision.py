"""What nothing references and is old enough to go. Pure.

A config is reached by an endpoint that runs it or moves to it, and by the Serving stack that holds it; a model by a config
that stays; a run's files by a model package of the group and by a model that stays. Everything else stays for the retention,
and then goes: configs first, then models, then runs, so that what is left never refers to what is gone.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

MOST = 200  # removals of one sweep; the next one goes on


@dataclass(frozen=True)
class Found:
    """What there is. ``configs`` and ``models`` are ours by name, with the time they were made; ``runs`` with that of their newest file.

    ``serving`` holds the configs that endpoints of the account run or move to, ours or not; ``models_of`` the models of every config of
    the account; ``files_of`` what each of our models reads; ``packaged`` every URI that a package of the group names.
    ``held`` are the configs and models of the generation that the Serving stack holds: they stay whatever the endpoint runs.
    ``unknown`` names models whose files cannot be told: while there are any, no run goes.
    """

    configs: Mapping[str, datetime]
    models: Mapping[str, datetime]
    runs: Mapping[str, datetime]
    serving: Set[str] = frozenset()
    held: Set[str] = frozenset()
    models_of: Mapping[str, Set[str]] = field(default_factory=dict)
    files_of: Mapping[str, Set[str]] = field(default_factory=dict)
    packaged: Set[str] = frozenset()
    unknown: Set[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What goes, oldest first, and what stays although it is old: why."""

    configs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, list[str]]:
        return {
            "endpoint_configs": list(self.configs),
            "models": list(self.models),
            "runs": list(self.runs),
            "remarks": list(self.remarks),
        }


def plan(found: Found, before: datetime, most: int = MOST) -> Plan:
    """What was made before that time and is not reached."""
    configs = _oldest(found.configs, before, found.serving | found.held)[:most]
    staying = [models for config, models in found.models_of.items() if config not in configs]
    reached = frozenset(found.held).union(*staying)
    models = _oldest(found.models, before, reached)[: most - len(configs)]
    read = frozenset(found.packaged).union(*(files for model, files in found.files_of.items() if model not in models))
    left = most - len(configs) - len(models)
    unreached = [run for run in _oldest(found.runs, before, frozenset()) if not any(_within(run, uri) for uri in read)]
    unknown = sorted(found.unknown - set(models))
    remarks = []
    if unknown:
        remarks.append(f"no run goes: it cannot be told what these models read, as their packages are gone: {', '.join(unknown)}")
    runs = [] if unknown else unreached[:left]
    if len(configs) + len(models) + len(runs) == most:
        remarks.append(f"a sweep removes at most {most}; the next one goes on")
    return Plan(tuple(configs), tuple(models), tuple(runs), tuple(remarks))


def _oldest(made: Mapping[str, datetime], before: datetime, reached: Set[str]) -> list[str]:
    old: Iterable[str] = (name for name, at in made.items() if at < before and name not in reached)
    return sorted(old, key=lambda name: (made[name], name))


def _within(run: str, uri: str) -> bool:
    """Whether a URI is a run's folder, ``s3://bucket/runs/<id>/``, or lies in it."""
    return uri.startswith(run) or uri == run.rstrip("/")
