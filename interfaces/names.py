"""Names that stacks, functions and the command line agree on without exporting them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Names:
    """Deterministic resource names of one deployment: ``{project}-{environment}-…``."""

    project: str
    environment: str

    @property
    def prefix(self) -> str:
        return f"{self.project}-{self.environment}"

    @property
    def platform_stack(self) -> str:
        return f"{self.prefix}-platform"

    @property
    def serving_stack(self) -> str:
        return f"{self.prefix}-serving"

    @property
    def monitoring_stack(self) -> str:
        return f"{self.prefix}-monitoring"

    @property
    def stacks(self) -> tuple[str, str, str]:
        return self.platform_stack, self.serving_stack, self.monitoring_stack

    @property
    def pipeline(self) -> str:
        return f"{self.prefix}-training"

    @property
    def model_package_group(self) -> str:
        return f"{self.prefix}-models"

    @property
    def endpoint(self) -> str:
        return f"{self.prefix}-endpoint"

    def endpoint_of(self, hosting: str) -> str:
        """The endpoint of a hosting kind: its name never changes, and another kind is another endpoint."""
        return {"real-time": self.endpoint, "serverless": f"{self.endpoint}-serverless"}[hosting]

    @property
    def ingest_job(self) -> str:
        return f"{self.prefix}-ingest"

    @property
    def glue_database(self) -> str:
        return self.prefix.replace("-", "_")

    @property
    def state_table(self) -> str:
        return f"{self.prefix}-state"

    @property
    def decisions_table(self) -> str:
        return f"{self.prefix}-decisions"

    @property
    def notifications_topic(self) -> str:
        return f"{self.prefix}-notifications"

    def bucket(self, role: str, account: str, region: str) -> str:
        """Name of the ``landing``, ``data``, ``artefacts`` or ``logs`` bucket."""
        return f"{self.prefix}-{role}-{account}-{region}"

    def function(self, verb: str) -> str:
        return f"{self.prefix}-{verb}"

    def role(self, what: str) -> str:
        return f"{self.prefix}-{what}"

    def alarm(self, what: str) -> str:
        return f"{self.prefix}-{what}"

    def monitor(self, name: str) -> str:
        """Name of a monitor's schedule: fixed, since Model Monitor cannot rename one."""
        return f"{self.prefix}-{name}"

    def monitor_job(self, name: str) -> str:
        """What the names of a monitor's processing jobs begin with; the window that was due follows."""
        return f"{self.prefix}-monitor-{name}-"

    def model(self, generation: int | str) -> str:
        return f"{self.prefix}-model-{generation}"

    def release_alarm(self, kind: str) -> str:
        """A guardrail alarm; the number of the release follows."""
        return f"{self.prefix}-release-{kind}"

    def endpoint_config(self, generation: int | str) -> str:
        return f"{self.prefix}-config-{generation}"


CURATED_TABLE = "curated"
VARIANT = "AllTraffic"


def moment(at: datetime) -> str:
    """A time as the analyzer and the reports write it: ``2026-01-31T13:00:00Z``."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
