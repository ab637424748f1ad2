"""Typed configuration, one TOML file per environment; every fault names file, key, found and allowed."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from infra.monitoring.settings import Alarms, Chat, Monitoring
from infra.policy import Policy, check_policy, read_policy
from infra.section import ConfigurationError, Count, Share, parse_section, read_toml
from infra.section import Section as _Section
from infra.serving.settings import Serving
from interfaces.contract import Contract
from interfaces.contract import parse as parse_contract
from interfaces.errors import ContractError
from interfaces.monitors import MODEL_MONITOR, PROCESSING
from interfaces.names import Names
from interfaces.reports import DEFAULT_METRIC, METRICS

ROOT = Path(__file__).resolve().parents[1]
LONGEST_PREFIX = 25  # leaves room for -artefacts-, the account and the longest region in a bucket's 63 characters
ENVIRONMENTS = Path(__file__).parent / "environments"
PRODUCTION = "prod"  # releases only what an authenticated caller decided


class Ingest(_Section):
    """The Glue job. ``max_bad_share`` is the share of rows that may be quarantined before a drop is refused."""

    max_bad_share: Share = 0.05
    worker_type: Literal["G.1X", "G.2X"] = "G.1X"
    workers: Annotated[int, Field(ge=2, le=100)] = 2
    timeout_minutes: Annotated[int, Field(ge=1, le=2880)] = 60


class Pipeline(_Section):
    """The training pipeline. ``metric`` is one of the contract's problem type; its default is auc, accuracy or r2."""

    metric: str = ""
    threshold: Annotated[float, Field(ge=0)] = 0.7
    instance_type: Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")] = "ml.m5.large"
    volume_gb: Annotated[int, Field(ge=1, le=16384)] = 30
    max_runtime_s: Annotated[int, Field(ge=60, le=432000)] = 3600
    seed: Annotated[int, Field(ge=0)] = 0
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.1
    max_iter: Count = 150
    max_leaf_nodes: Annotated[int, Field(ge=2)] = 31


class Retrain(_Section):
    """When a run may start. Costs are what you say a run costs and may cost in a calendar month, in one currency.

    ``history_ratio`` is how many of the newest dataset's newest rows stand beside each labelled production row; ``every_days``
    and ``new_rows`` retrain by calendar and by labels alone, 0 turns them off.
    """

    cooldown_hours: Annotated[float, Field(ge=0)] = 24.0
    minimum_labels: Annotated[int, Field(ge=50)] = 500
    every_days: Annotated[int, Field(ge=0)] = 0
    new_rows: Annotated[int, Field(ge=0)] = 0
    daily_cap: Count = 1
    monthly_cap: Count = 8
    cost_per_run: Annotated[float, Field(ge=0)] = 1.0
    monthly_budget: Annotated[float, Field(ge=0)] = 50.0
    history_ratio: Annotated[float, Field(ge=0, le=100)] = 0.5
    history_days: Annotated[int, Field(ge=1, le=365)] = 30
    tick_minutes: Annotated[int, Field(ge=5, le=1440)] = 60


class Operations(_Section):
    """Retention in days, and who is told.

    ``unreferenced_days`` is for endpoint configs, models and files of runs that nothing refers to any more; it is longer than the
    pipeline's step cache, which hands out files of earlier runs for 30 days.
    """

    log_retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 180, 365, 400, 545, 731] = 90
    reconcile_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    noncurrent_version_days: Count = 30
    unreferenced_days: Annotated[int, Field(ge=35)] = 90
    retain_data: bool = True
    termination_protection: bool = False
    email: str = ""


class Environment(_Section):
    """One environment, complete and checked. In the file, ``policy`` is the name of the gate's policy file."""

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,19}$")]
    environment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,9}$")]
    contract: str = "contract.toml"
    ingest: Ingest = Ingest()
    pipeline: Pipeline = Pipeline()
    policy: Policy = Policy()
    serving: Serving = Serving()
    monitoring: Monitoring = Monitoring()
    alarms: Alarms = Alarms()
    chat: Chat = Chat()
    retrain: Retrain = Retrain()
    operations: Operations = Operations()

    @model_validator(mode="after")
    def _fits(self) -> "Environment":
        if len(self.names.prefix) > LONGEST_PREFIX:
            limit = f"at most {LONGEST_PREFIX} characters, as bucket names end at 63"
            raise ValueError(f"project-environment of {limit}; {self.names.prefix} is longer")
        if self.serving.hosting == "serverless" and self.monitoring.engine == MODEL_MONITOR:
            raise ValueError(
                f'monitoring.engine: found "{MODEL_MONITOR}", which does not take serverless endpoints; nearest: engine = "{PROCESSING}"'
            )
        return self

    @property
    def names(self) -> Names:
        return Names(self.project, self.environment)

    @property
    def endpoint(self) -> str:
        """The endpoint that serves."""
        return self.names.endpoint_of(self.serving.hosting)

    @property
    def engine(self) -> str:
        """What monitors; `AUTO` is settled where there is no choice: Model Monitor does not take serverless endpoints."""
        return PROCESSING if self.serving.hosting == "serverless" else self.monitoring.engine


def load(name_or_path: str) -> tuple[Environment, Contract]:
    """Load ``dev``, ``staging``, ``prod`` or a path to a TOML file, and the contract it names.

    The contract's path is relative to the environment file if it lies there, else to the project.
    Raises ConfigurationError.
    """
    path = Path(name_or_path) if name_or_path.endswith(".toml") else ENVIRONMENTS / f"{name_or_path}.toml"
    if not path.is_file():
        given = ", ".join(sorted(p.stem for p in ENVIRONMENTS.glob("*.toml")))
        raise ConfigurationError(f"no environment {name_or_path!r}: {path} does not exist; given: {given}, or a path to a .toml file")
    raw = read_toml(path)
    environment = parse({k: v for k, v in raw.items() if k != "policy"}, str(path))
    beside = path.parent / environment.contract
    contract = load_contract(beside if beside.is_file() else ROOT / environment.contract)
    if "policy" in raw:
        default = environment.pipeline.metric or DEFAULT_METRIC[contract.problem_type]
        environment = environment.model_copy(update={"policy": _policy(raw["policy"], path, contract, default)})
    if environment.environment == PRODUCTION and not environment.policy.reviewers.recorded:
        found = "reviewers.recorded = false" if "policy" in raw else "none"
        raise ConfigurationError(
            f"{path}: policy: found {found}; allowed in environment {PRODUCTION!r}: "
            "one with reviewers.recorded = true, such as policies/prod.toml"
        )
    try:
        metric_of(environment, contract)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return environment, contract


def _policy(name: Any, path: Path, contract: Contract, metric: str) -> Policy:
    """The policy that an environment file names, relative to that file or to infra/. Raises ConfigurationError."""
    places = (path.parent, ENVIRONMENTS.parent)
    found = [p / name for p in places if isinstance(name, str) and name.endswith(".toml") and (p / name).is_file()]
    if not found:
        given = ", ".join(sorted(f"policies/{p.name}" for p in (ENVIRONMENTS.parent / "policies").glob("*.toml")))
        raise ConfigurationError(f"{path}: policy: found {name!r}; allowed: a .toml file relative to this one or to infra/: {given}")
    return check_policy(read_policy(found[0]), contract, str(found[0]), metric)


def parse(raw: dict[str, Any], where: str) -> Environment:
    """Check the values of an environment file. Raises ConfigurationError listing every fault."""
    return parse_section(Environment, raw, where)


def load_contract(path: Path) -> Contract:
    """Read a dataset contract. Raises ConfigurationError."""
    if not path.is_file():
        raise ConfigurationError(f"the dataset contract {path} does not exist; make one with: loop contract infer FILE --target COLUMN")
    try:
        return parse_contract(path.read_text(encoding="utf-8"), str(path))
    except ContractError as error:
        raise ConfigurationError(str(error)) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None


def metric_of(environment: Environment, contract: Contract) -> str:
    """The gate's metric: the configured one, or the problem type's default. Raises ConfigurationError."""
    metric = environment.pipeline.metric or DEFAULT_METRIC[contract.problem_type]
    allowed = METRICS[contract.problem_type]
    if metric not in allowed:
        raise ConfigurationError(f"pipeline.metric: found {metric!r}; allowed for a {contract.problem_type} contract: {', '.join(allowed)}")
    high = allowed[metric].high
    if high is not None and environment.pipeline.threshold > high:
        raise ConfigurationError(
            f"pipeline.threshold: found {environment.pipeline.threshold}; {metric} is at most {high:g}, so no model could be registered"
        )
    return metric
