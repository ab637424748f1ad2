"""What an environment says of monitoring, of alarms, and of who is told."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from infra.section import Count, Section, Share


class Network(Section):
    """Subnets and security groups of monitoring jobs, in a VPC with endpoints for S3, KMS and CloudWatch Logs; none by default."""

    subnets: list[str] = Field(default=[])
    security_groups: list[str] = Field(default=[])

    @model_validator(mode="after")
    def _both(self) -> "Network":
        if bool(self.subnets) != bool(self.security_groups):
            raise ValueError("subnets and security_groups go together")
        return self


class Monitoring(Section):
    """Monitors of what serves. ``auto`` takes Model Monitor's schedules and, where the account refuses them, processing jobs.

    Data quality, model quality, bias (with sensitive columns in the contract) and explainability can be turned on and off.
    ``label_delay_hours`` is how long after the prediction labels come; ``settle_minutes`` how long captured files take.
    A drift, quality, bias or attribution alarm needs ``windows_to_alarm`` of the last ``windows``.
    """

    engine: Literal["auto", "model-monitor", "processing"] = "auto"
    window: Literal["hour", "day"] = "hour"
    data_quality: bool = True
    model_quality: bool = True
    bias: bool = True
    explainability: bool = False
    instance_type: Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")] = "ml.m5.xlarge"
    volume_gb: Annotated[int, Field(ge=1, le=16384)] = 30
    max_runtime_s: Annotated[int, Field(ge=60, le=86400)] = 1800
    settle_minutes: Annotated[int, Field(ge=0, le=55)] = 10
    tick_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    label_delay_hours: Annotated[int, Field(ge=0, le=720)] = 0
    minimum_rows: Count = 100
    minimum_labels: Count = 100
    distance: Literal["exact", "deequ-compat"] = "exact"
    windows: Annotated[int, Field(ge=1, le=7)] = 3
    windows_to_alarm: Annotated[int, Field(ge=1, le=7)] = 2
    quality_tolerance: Share = 0.05
    network: Network = Network()

    @model_validator(mode="after")
    def _m_of_n(self) -> "Monitoring":
        if self.windows_to_alarm > self.windows:
            raise ValueError(f"windows_to_alarm ({self.windows_to_alarm}) is above windows ({self.windows})")
        return self


class Alarms(Section):
    """When people are told. Percentages are of invocations, latencies 95th percentiles in milliseconds.

    ``no_traffic_hours`` and ``stale_windows`` are how long nothing may be asked, and nothing be monitored; 0 hours turns the former off.
    ``faulty_share`` is the share of captured records that may be unreadable.
    """

    errors_4xx_percent: Annotated[float, Field(gt=0, le=100)] = 5.0
    errors_5xx: Count = 1
    model_latency_ms: Annotated[float, Field(gt=0)] = 1000.0
    overhead_latency_ms: Annotated[float, Field(gt=0)] = 500.0
    no_traffic_hours: Annotated[int, Field(ge=0, le=168)] = 24
    stale_windows: Annotated[int, Field(ge=1, le=48)] = 3
    faulty_share: Share = 0.05


class Chat(Section):
    """A channel of Amazon Q Developer in chat applications, by the ids that its console shows; Slack, Teams, or none."""

    slack_workspace_id: str = ""
    slack_channel_id: str = ""
    teams_team_id: str = ""
    teams_tenant_id: str = ""
    teams_channel_id: str = ""

    @model_validator(mode="after")
    def _complete(self) -> "Chat":
        if bool(self.slack_workspace_id) != bool(self.slack_channel_id):
            raise ValueError("slack_workspace_id and slack_channel_id go together")
        if len({bool(v) for v in (self.teams_team_id, self.teams_tenant_id, self.teams_channel_id)}) > 1:
            raise ValueError("teams_team_id, teams_tenant_id and teams_channel_id go together")
        return self
