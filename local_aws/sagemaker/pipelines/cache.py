"""Step caching by the documented key attributes (developer guide: pipelines-default-keys)."""

import json
import re
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local_aws.errors import validation

_KEYS = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations", "Environment",
        "HyperParameters", "InputDataConfig",
    ),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    "Transform": ("ModelName", "TransformInput", "TransformResources", "Environment"),
    "Lambda": ("FunctionArn", "Arguments"),
    "Callback": ("SqsQueueUrl", "Arguments"),
}  # fmt: skip
_MOST = 1_000
CACHED_TYPES = tuple(_KEYS)
_DURATION = re.compile(r"P?(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?(?:T(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """A step that ran before: where, when, and its description."""

    execution_arn: str
    finished: datetime
    properties: dict[str, Any]
    metadata: dict[str, Any]


class StepCache:
    """Successful steps of one pipeline, by name and key attributes."""

    def __init__(self) -> None:
        self._hits: dict[str, Hit] = {}
        self._lock = threading.Lock()

    def find(self, step: str, kind: str, arguments: dict[str, Any], oldest: datetime) -> Hit | None:
        with self._lock:
            hit = self._hits.get(_key(step, kind, arguments))
        return hit if hit and hit.finished >= oldest else None

    def keep(self, step: str, kind: str, arguments: dict[str, Any], hit: Hit) -> None:
        with self._lock:
            key = _key(step, kind, arguments)
            self._hits.pop(key, None)
            self._hits[key] = hit
            if len(self._hits) > _MOST:
                del self._hits[next(iter(self._hits))]


def duration(text: str) -> timedelta:
    """``30d``, ``T16m``, ``30dT5h``; a leading P is accepted. Raises AwsError."""
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        raise validation(f"CacheConfig.ExpireAfter {text!r} is not an ISO 8601 duration such as 30d or T1h")
    years, months, weeks, days, hours, minutes, seconds = (int(g or 0) for g in found.groups())
    return timedelta(days=365 * years + 30 * months + 7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds)


def _key(step: str, kind: str, arguments: dict[str, Any]) -> str:
    return json.dumps([step, kind, {k: arguments.get(k) for k in _KEYS[kind]}], sort_keys=True, default=str)
