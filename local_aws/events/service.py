"""EventBridge: the default bus, rules, targets, and delivery that retries and dead-letters."""

import json
import threading
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudwatch.store import MetricStore
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.events import pattern, transform
from local_aws.principals import ACCOUNT, REGION
from local_aws.waiting import Waiting

PRINCIPAL = "events.amazonaws.com"
_DEFAULT_RETRIES, _DEFAULT_AGE_S = 185, 86400


def _check_bus(params: dict[str, Any]) -> None:
    if params.get("EventBusName", "default").rsplit("/", 1)[-1] != "default":
        raise Unsupported(f"the event bus {params['EventBusName']} (it does the default bus)")


@dataclass
class Rule:
    """A rule on the default bus."""

    name: str
    pattern: dict[str, Any]
    enabled: bool = True
    description: str = ""
    role: str | None = None
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{self.name}"


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one target, for the first or a later time."""

    rule: Rule
    target: dict[str, Any]
    event: dict[str, Any]
    number: int = 1


class Events:
    """The default event bus."""

    kept = ("_rules", "retries")

    def __init__(self, clients: Clients, clock: Clock, background: Background, metrics: MetricStore, keep: int | None = None) -> None:
        self._clients, self._clock, self._background, self._metrics = clients, clock, background, metrics
        self._rules: dict[str, Rule] = {}
        self._lock = threading.Lock()
        self.history: list[dict[str, Any]] = []
        self._keep = keep
        self._listeners: list[Any] = []
        self._retries: Waiting[Delivery] = Waiting(clock, background, self._try)

    @property
    def retries(self) -> list[tuple[datetime, Delivery]]:
        """Deliveries that have failed and wait to be tried again."""
        return self._retries.held

    @retries.setter
    def retries(self, held: list[tuple[datetime, Delivery]]) -> None:
        self._retries.held = held

    def resume(self) -> None:
        self._retries.resume()

    def listen(self, listener: Any) -> None:
        """Call ``listener(event)`` for every event on the bus: for progress displays and tests."""
        self._listeners.append(listener)

    def emit(
        self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str] | None = None, time: datetime | None = None
    ) -> str:
        """Put an event of an AWS service onto the bus; its id."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            "time": (time or self._clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": resources or [],
            "detail": detail,
        }
        self.deliver(event)
        return str(event["id"])

    def deliver(self, event: dict[str, Any]) -> None:
        """Give one event to every target of every matching rule. Delivering an event twice is allowed: AWS does."""
        with self._lock:
            self.history.append(event)
            if self._keep and len(self.history) > 2 * self._keep:
                del self.history[: -self._keep]
            targets = [(r, t) for r in self._rules.values() if r.enabled and pattern.matches(r.pattern, event) for t in r.targets.values()]
        for listener in self._listeners:
            listener(event)
        for rule, target in targets:
            self._background.submit(partial(self._try, Delivery(rule, target, event)))

    def _try(self, delivery: Delivery) -> None:
        rule, target = delivery.rule, delivery.target
        try:
            self._metrics.put("AWS/Events", "Invocations", 1.0, {"RuleName": rule.name})
            self._send(rule, target, transform.target_input(target, delivery.event, rule.arn))
        except Exception as error:
            self._failed(delivery, error)

    def _failed(self, delivery: Delivery, error: Exception) -> None:
        rule, target, event, number = delivery.rule, delivery.target, delivery.event, delivery.number
        policy = target.get("RetryPolicy", {})
        retries = policy.get("MaximumRetryAttempts", _DEFAULT_RETRIES)
        age = (self._clock.now() - datetime.fromisoformat(event["time"])).total_seconds()
        if number <= retries and age < policy.get("MaximumEventAgeInSeconds", _DEFAULT_AGE_S):
            wait = timedelta(seconds=min(2.0 ** (number - 1), 300.0))
            self._retries.add(self._clock.now() + wait, replace(delivery, number=number + 1))
            return
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue is None:
            return  # EventBridge drops the event
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__,
            "ERROR_MESSAGE": str(error)[:900],
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts" if number > retries else "MaximumEventAgeInSeconds",
            "RETRY_ATTEMPTS": str(number - 1),
        }
        self._clients.service("sqs", PRINCIPAL).send_message(
            QueueUrl=queue_url(queue),
            MessageBody=json.dumps(event),
            MessageAttributes={k: {"DataType": "String", "StringValue": v or "-"} for k, v in attributes.items()},
        )

    def _send(self, rule: Rule, target: dict[str, Any], payload: str) -> None:
        arn: str = target["Arn"]
        service = arn.split(":")[2]
        if service == "lambda":
            self._clients.service("lambda", PRINCIPAL).invoke(FunctionName=arn, InvocationType="Event", Payload=payload.encode())
        elif service == "sns":
            message = json.loads(payload) if payload.startswith('"') else payload
            self._clients.service("sns", PRINCIPAL).publish(TopicArn=arn, Message=message)
        elif service == "sqs":
            extra = {"MessageGroupId": target["SqsParameters"]["MessageGroupId"]} if "SqsParameters" in target else {}
            self._clients.service("sqs", PRINCIPAL).send_message(QueueUrl=queue_url(arn), MessageBody=payload, **extra)
        elif service == "sagemaker":
            parameters = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
            self._clients.role("sagemaker", target["RoleArn"], "events").start_pipeline_execution(
                PipelineName=arn.rsplit("/", 1)[-1], PipelineParameters=[{"Name": p["Name"], "Value": p["Value"]} for p in parameters]
            )
        else:
            raise Unsupported(f"an EventBridge target of {service} ({arn})")

    # operations

    @operation("events", "PutRule")
    def put_rule(self, call: Call) -> dict[str, Any]:
        params = call.params
        if "ScheduleExpression" in params:
            raise Unsupported("EventBridge rules with a schedule; use EventBridge Scheduler")
        if not params.get("EventPattern"):
            raise validation("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        _check_bus(params)
        try:
            parsed = json.loads(params["EventPattern"])
        except ValueError as error:
            raise AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}") from None
        pattern.check(parsed)
        with self._lock:
            old = self._rules.get(params["Name"])
            rule = Rule(
                params["Name"], parsed, params.get("State", "ENABLED") == "ENABLED", params.get("Description", ""), params.get("RoleArn")
            )
            rule.targets = old.targets if old else {}
            self._rules[rule.name] = rule
        return {"RuleArn": rule.arn}

    @operation("events", "PutTargets")
    def put_targets(self, call: Call) -> dict[str, Any]:
        rule = self._rule(call.params["Rule"])
        for target in call.params["Targets"]:
            if target["Arn"].split(":")[2] not in ("lambda", "sns", "sqs", "sagemaker"):
                raise Unsupported(f"an EventBridge target {target['Arn']}")
        for target in call.params["Targets"]:
            rule.targets[target["Id"]] = target
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("events", "RemoveTargets")
    def remove_targets(self, call: Call) -> dict[str, Any]:
        rule = self._rule(call.params["Rule"])
        for id in call.params["Ids"]:
            rule.targets.pop(id, None)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("events", "DeleteRule")
    def delete_rule(self, call: Call) -> None:
        rule = self._rules.get(call.params["Name"])
        if rule and rule.targets:
            raise validation(f"Rule can't be deleted since it has targets: {rule.name}")
        self._rules.pop(call.params["Name"], None)

    @operation("events", "EnableRule")
    def enable_rule(self, call: Call) -> None:
        self._rule(call.params["Name"]).enabled = True

    @operation("events", "DisableRule")
    def disable_rule(self, call: Call) -> None:
        self._rule(call.params["Name"]).enabled = False

    @operation("events", "DescribeRule")
    def describe_rule(self, call: Call) -> dict[str, Any]:
        return self._described(self._rule(call.params["Name"]))

    @operation("events", "ListRules")
    def list_rules(self, call: Call) -> dict[str, Any]:
        prefix = call.params.get("NamePrefix", "")
        return {"Rules": [self._described(r) for r in sorted(self._rules.values(), key=lambda r: r.name) if r.name.startswith(prefix)]}

    @operation("events", "ListTargetsByRule")
    def list_targets(self, call: Call) -> dict[str, Any]:
        return {"Targets": list(self._rule(call.params["Rule"]).targets.values())}

    @operation("events", "PutEvents")
    def put_events(self, call: Call) -> dict[str, Any]:
        entries = []
        for entry in call.params["Entries"]:
            _check_bus(entry)
            missing = [k for k in ("Source", "DetailType", "Detail") if not entry.get(k)]
            if missing:
                entries.append(
                    {
                        "ErrorCode": "InvalidArgument",
                        "ErrorMessage": f"Parameter {missing[0]} is not valid. Reason: {missing[0]} is a required argument.",
                    }
                )
                continue
            try:
                detail = json.loads(entry["Detail"])
            except ValueError:
                detail = None
            if not isinstance(detail, dict):
                entries.append({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
                continue
            id = self.emit(entry["Source"], entry["DetailType"], detail, list(entry.get("Resources", [])), entry.get("Time"))
            entries.append({"EventId": id})
        return {"FailedEntryCount": sum("ErrorCode" in e for e in entries), "Entries": entries}

    @operation("events", "TagResource", "UntagResource")
    def tag(self, call: Call) -> None:
        """Tags of rules are accepted and not kept."""

    def _rule(self, name: str) -> Rule:
        if name not in self._rules:
            raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default.")
        return self._rules[name]

    def _described(self, rule: Rule) -> dict[str, Any]:
        out = {
            "Name": rule.name,
            "Arn": rule.arn,
            "EventPattern": json.dumps(rule.pattern),
            "State": "ENABLED" if rule.enabled else "DISABLED",
            "EventBusName": "default",
        }
        return {**out, **({"Description": rule.description} if rule.description else {})}


def queue_url(arn: str) -> str:
    """The URL of an SQS queue by its ARN."""
    _, _, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"
