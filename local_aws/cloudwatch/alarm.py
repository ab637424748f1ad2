"""An alarm: its configuration, checked as CloudWatch does, its state, and the series that it watches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.cloudwatch import expression, rule, statistics
from local_aws.cloudwatch.evaluation import EXTRA_PERIODS, INSUFFICIENT, OPERATORS
from local_aws.cloudwatch.store import MINUTE, Metric, MetricStore
from local_aws.errors import Unsupported, validation
from local_aws.principals import ACCOUNT, REGION

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
ACTION_SERVICES = ("sns", "lambda")
ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", INSUFFICIENT: "InsufficientDataActions"}
_DAY, _WEEK = 86400, 604800
_REFUSED = ("ThresholdMetricId", "EvaluateLowSampleCountPercentile", "ActionsSuppressor", "EvaluationCriteria")


@dataclass(frozen=True)
class Query:
    """One series of an alarm: a metric's statistic by period."""

    metric: Metric
    period: int
    statistic: str
    unit: str | None = None


@dataclass
class State:
    value: str
    reason: str
    since: datetime
    data: dict[str, Any] = field(default_factory=dict)


class Alarm:
    """A metric alarm or a composite one; ``config`` is what was put."""

    def __init__(self, config: dict[str, Any], now: datetime) -> None:
        self.config = {"ActionsEnabled": True, **{k: v for k, v in config.items() if k != "Tags"}}
        self.name = str(config["AlarmName"])
        self.composite = "AlarmRule" in config
        self.configured = now
        self.state = State(INSUFFICIENT, "Unchecked: Initial alarm creation", now)
        _check(self.config)
        self.holds: rule.Rule | None = None
        self.children: frozenset[str] = frozenset()
        if self.composite:
            self.holds, self.children = rule.parse(config["AlarmRule"])
        self.queries: dict[str, Query] = {} if self.composite else _queries(self.config)
        self.period = max((q.period for q in self.queries.values()), default=MINUTE)
        if not self.composite:
            _check_span(self.config, self.period)

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{self.name}"

    @property
    def range(self) -> int:
        """How many periods an evaluation looks back."""
        return int(self.config["EvaluationPeriods"]) + EXTRA_PERIODS

    def series(self, store: MetricStore, end: int) -> Sequence[float | None]:
        """The data points of the evaluation range that ends at ``end``, newest first."""
        ends = [end - i * self.period for i in range(self.range)]
        values = {id: [store.over(q.metric, e - q.period, e, q.unit).take(q.statistic) for e in ends] for id, q in self.queries.items()}
        for entry in self.config.get("Metrics", []):
            if "Expression" in entry:
                values[entry["Id"]] = list(expression.evaluate(entry["Expression"], values))
        return values[self.returned]

    @property
    def returned(self) -> str:
        """The id of the series that is compared with the threshold."""
        metrics = self.config.get("Metrics")
        return "m1" if not metrics else next(m["Id"] for m in metrics if m.get("ReturnData", True))

    def actions(self) -> list[str]:
        """What the present state sets off."""
        return list(self.config.get(ACTIONS[self.state.value], [])) if self.config["ActionsEnabled"] else []

    def described(self) -> dict[str, Any]:
        """As DescribeAlarms answers."""
        updated = {"AlarmConfigurationUpdatedTimestamp": self.configured, "StateUpdatedTimestamp": self.state.since}
        data = {"StateReasonData": json.dumps(self.state.data)} if self.state.data else {}
        state = {"StateValue": self.state.value, "StateReason": self.state.reason, "StateTransitionedTimestamp": self.state.since}
        lists = {k: self.config.get(k, []) for k in ACTIONS.values()}
        extra = {} if self.composite else {"Dimensions": self.config.get("Dimensions", [])}
        return {**extra, **self.config, **lists, "AlarmArn": self.arn, **updated, **state, **data}


def _check(config: dict[str, Any]) -> None:
    refused = [k for k in _REFUSED if k in config]
    if refused:
        raise Unsupported(f"alarms with {refused[0]}")
    for key in ACTIONS.values():
        for target in config.get(key, []):
            if target.split(":")[2] not in ACTION_SERVICES:
                raise Unsupported(f"the alarm action {target} (it does {', '.join(ACTION_SERVICES)})")
    if "AlarmRule" in config:
        return
    if config.get("ComparisonOperator") not in OPERATORS:
        raise Unsupported(f"the comparison operator {config.get('ComparisonOperator')} (it does {', '.join(OPERATORS)})")
    if config.get("TreatMissingData", "missing") not in TREATMENTS:
        raise validation(f"The value {config['TreatMissingData']} is not supported for parameter TreatMissingData.")
    if config.get("DatapointsToAlarm", 1) > config["EvaluationPeriods"]:
        raise validation("Parameter DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if "Threshold" not in config:
        raise validation("The parameter Threshold must be specified.")


def _queries(config: dict[str, Any]) -> dict[str, Query]:
    if "Metrics" in config:
        return _math_queries(config["Metrics"])
    for key in ("MetricName", "Namespace", "Period"):
        if key not in config:
            raise validation(f"The parameter {key} must be specified.")
    stat = config.get("Statistic") or config.get("ExtendedStatistic")
    if not stat:
        raise validation("Exactly one of Statistic and ExtendedStatistic must be specified.")
    dimensions = {d["Name"]: d["Value"] for d in config.get("Dimensions", [])}
    return {"m1": _query(config["Namespace"], config["MetricName"], dimensions, config["Period"], stat, config.get("Unit"))}


def _math_queries(metrics: list[dict[str, Any]]) -> dict[str, Query]:
    out: dict[str, Query] = {}
    for entry in metrics:
        if "MetricStat" in entry:
            stat = entry["MetricStat"]
            metric = stat["Metric"]
            dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
            out[entry["Id"]] = _query(metric["Namespace"], metric["MetricName"], dimensions, stat["Period"], stat["Stat"], stat.get("Unit"))
    known = list(out)
    for entry in metrics:
        if "Expression" in entry:
            expression.check(entry["Expression"], known)
            known.append(entry["Id"])
    if len({q.period for q in out.values()}) != 1:
        raise validation("All metrics of a metric math alarm must have the same period, and there must be one.")
    if sum(m.get("ReturnData", True) for m in metrics) != 1:
        raise validation("Exactly one element of the metrics list should return data.")
    return out


def _query(namespace: str, name: str, dimensions: dict[str, str], period: int, statistic: str, unit: str | None) -> Query:
    if period < MINUTE or period % MINUTE:
        raise Unsupported(f"a period of {period} seconds (it does multiples of {MINUTE})")
    return Query(Metric.of(namespace, name, dimensions), period, statistics.check(statistic), unit)


def _check_span(config: dict[str, Any], period: int) -> None:
    """An evaluation covers at most a day, or a week where the period is an hour or more (docs: PutMetricAlarm)."""
    limit = _WEEK if period >= 3600 else _DAY
    if period * config["EvaluationPeriods"] > limit:
        raise validation(f"Metrics cannot be checked across more than {limit} seconds (EvaluationPeriods * Period must be <= {limit}).")
