"""The environment of each Lambda: set by infra/, read once by its handler, typed on both sides."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

from interfaces.errors import SettingError

RECORDED, ANY = "recorded", "any"


@dataclass(frozen=True)
class FunctionEnv:
    """Base: field ``state_table`` ↔ variable ``STATE_TABLE``; float fields are parsed."""

    @classmethod
    def parse(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the variables that the fields name.

        Raises SettingError naming what is missing or malformed.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, object] = {}
        for field in fields(cls):
            name = field.name.upper()
            if name not in environ:
                raise SettingError(f"environment variable {name} is missing; {cls.__name__} sets it")
            raw = environ[name]
            if field.type is float:
                try:
                    values[field.name] = float(raw)
                except ValueError:
                    raise SettingError(f"{name}={raw!r} is not a number") from None
            else:
                values[field.name] = raw
        return cls(**values)

    def variables(self) -> dict[str, str]:
        """The variables as infra/ sets them."""
        return {name.upper(): str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class IngestEnv(FunctionEnv):
    state_table: str
    ingest_job: str
    pipeline_name: str
    landing_bucket: str
    serving_stack: str
    topic_arn: str


@dataclass(frozen=True)
class ApproveEnv(FunctionEnv):
    """``deployment`` is PROJECT-ENVIRONMENT, as commands take it. The policy travels beside the handler."""

    state_table: str
    model_package_group: str
    problem_type: str
    evidence_bucket: str
    serving_stack: str
    deployment: str
    topic_arn: str


@dataclass(frozen=True)
class DecideEnv(FunctionEnv):
    """``account`` is the function's own. The reviewers travel beside the handler, in the policy."""

    model_package_group: str
    decisions_table: str
    account: str


@dataclass(frozen=True)
class ReleaseEnv(FunctionEnv):
    """``decisions`` is `RECORDED` where only what an authenticated caller decided is released, else `ANY`.

    ``monitoring_engine`` is ``auto``, ``model-monitor`` or ``processing``.
    """

    monitoring_engine: str
    state_table: str
    model_package_group: str
    serving_stack: str
    monitoring_stack: str
    serving_role_arn: str
    monitoring_role_arn: str
    endpoint_name: str
    smoke_latency_ms: float
    topic_arn: str
    deployment: str
    decisions: str
    decisions_table: str


@dataclass(frozen=True)
class RetrainEnv(FunctionEnv):
    """Limits are numbers; 0 turns ``every_days`` and ``new_rows`` off. URIs and ARNs are those of the collecting job."""

    prefix: str
    state_table: str
    serving_stack: str
    pipeline_name: str
    drift_alarm: str
    quality_alarm: str
    topic_arn: str
    landing_bucket: str
    data_bucket: str
    capture_prefix: str
    steps_uri: str
    image_uri: str
    collect_role_arn: str
    key_arn: str
    instance_type: str
    window_hours: float
    windows: float
    windows_to_alarm: float
    label_delay_hours: float
    history_ratio: float
    history_days: float
    cooldown_hours: float
    minimum_labels: float
    every_days: float
    new_rows: float
    daily_cap: float
    monthly_cap: float
    cost_per_run: float
    monthly_budget: float


@dataclass(frozen=True)
class MonitorEnv(FunctionEnv):
    """``monitors`` are names separated by commas, as are ``subnets`` and ``security_groups`` (empty for none)."""

    prefix: str
    state_table: str
    topic_arn: str
    monitoring_stack: str
    endpoint_name: str
    variant: str
    data_bucket: str
    steps_uri: str
    image_uri: str
    job_role_arn: str
    key_arn: str
    instance_type: str
    subnets: str
    security_groups: str
    monitors: str
    problem_type: str
    distance: str
    window_hours: float
    settle_minutes: float
    label_delay_hours: float
    minimum_rows: float
    minimum_labels: float
    quality_tolerance: float
    volume_gb: float
    max_runtime_s: float


@dataclass(frozen=True)
class SweepEnv(FunctionEnv):
    """``model_prefix`` and ``config_prefix`` are what the names of this deployment's models and endpoint configs begin with."""

    serving_stack: str
    model_package_group: str
    artefacts_bucket: str
    model_prefix: str
    config_prefix: str
    retention_days: float
