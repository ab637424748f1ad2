"""CloudFormation's API."""

import json
import re
import threading
import uuid
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudformation import template as templates
from local_aws.cloudformation.engine import Engine, check
from local_aws.cloudformation.stack import UPDATABLE, Stack
from local_aws.cloudformation.template import Template, error
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.principals import ACCOUNT, REGION

_REFUSED = (
    "RollbackConfiguration", "NotificationARNs", "ImportExistingResources", "StackPolicyURL", "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL", "ResourceTypes", "RetainResources",
)  # fmt: skip
_NAMED_CAPABILITIES = {"CAPABILITY_NAMED_IAM"}


class CloudFormation:
    """Stacks, by name and by id. Deleted ones stay describable by id."""

    def __init__(self, clients: Clients, clock: Clock, background: Background, engine: Engine) -> None:
        self._clients, self._clock, self._background, self._engine = clients, clock, background, engine
        self._stacks: dict[str, Stack] = {}
        self._deleted: dict[str, Stack] = {}
        self._lock = threading.Lock()

    @operation("cloudformation", "CreateStack")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        name = params["StackName"]
        self._refuse(params)
        if params.get("OnFailure") == "DELETE":
            raise Unsupported("stacks with OnFailure=DELETE")
        template = self._template(params)
        check(template)
        self._check_capabilities(template, params)
        values, ssm_names = self._parameters(template, params, {}, {})
        with self._lock:
            if name in self._stacks:
                raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
            stack = Stack(
                name=name,
                id=f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{uuid.uuid4()}",
                template=template,
                parameters=values,
                created=self._clock.now(),
                role=params.get("RoleARN"),
                token=params.get("ClientRequestToken", ""),
                tags=params.get("Tags", []),
                termination_protection=params.get("EnableTerminationProtection", False),
                policy=self._policy(params),
                tokens={params["ClientRequestToken"]} if "ClientRequestToken" in params else set(),
                ssm_names=ssm_names,
            )
            self._stacks[name] = stack
        rollback_off = params.get("DisableRollback", False) or params.get("OnFailure") == "DO_NOTHING"
        self._background.submit(lambda: self._engine.create(stack, disable_rollback=rollback_off))
        return {"StackId": stack.id}

    @operation("cloudformation", "UpdateStack")
    def update(self, call: Call) -> dict[str, Any]:
        params = call.params
        self._refuse(params)
        stack = self._stack(params["StackName"])
        with self._lock:
            token = params.get("ClientRequestToken", "")
            if token and token in stack.tokens:
                raise AwsError("TokenAlreadyExistsException", f"A client request token {token} was already used for stack {stack.name}")
            if stack.status not in UPDATABLE:
                raise error(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
            template = stack.template if params.get("UsePreviousTemplate") else self._template(params)
            check(template)
            self._check_capabilities(template, params)
            values, ssm_names = self._parameters(template, params, stack.parameters, stack.ssm_names)
            if json.loads(template.text) == json.loads(stack.template.text) and values == stack.parameters:
                raise error("No updates are to be performed.")
            if "StackPolicyBody" in params:
                stack.policy = self._policy(params)
            # an operation's role stays with the stack until another operation names one
            stack.role = params.get("RoleARN", stack.role)
            stack.token, stack.updated = token, self._clock.now()
            stack.tokens.add(token)
            stack.ssm_names = ssm_names
            stack.status = "UPDATE_IN_PROGRESS"
            stack.settled.clear()
        self._background.submit(lambda: self._engine.update(stack, template, values))
        return {"StackId": stack.id}

    @operation("cloudformation", "ContinueUpdateRollback")
    def continue_rollback(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call.params["StackName"])
        with self._lock:
            if stack.status != "UPDATE_ROLLBACK_FAILED":
                raise error(f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
            skip = frozenset(call.params.get("ResourcesToSkip", []))
            failed = {c.logical_id for c in stack.rollback.progress.changes}
            if skip - failed:
                raise error(
                    f"ResourcesToSkip: {', '.join(sorted(skip - failed))} did not fail to roll back; these did: {', '.join(failed)}"
                )
            # an operation's role stays with the stack until another operation names one
            stack.role = call.params.get("RoleARN", stack.role)
            stack.status = "UPDATE_ROLLBACK_IN_PROGRESS"
            stack.settled.clear()
        self._background.submit(lambda: self._engine.resume_rollback(stack, skip))
        return {}

    @operation("cloudformation", "DeleteStack")
    def delete(self, call: Call) -> None:
        name = call.params["StackName"]
        stack = self._stacks.get(name) or next((s for s in self._stacks.values() if s.id == name), None)
        if stack is None:
            return  # deleting what is not there succeeds
        if stack.termination_protection:
            raise error(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if stack.busy:
            raise error(f"Stack:{stack.id} is in {stack.status} state and can not be deleted.")
        self._refuse(call.params)
        stack.role = call.params.get("RoleARN", stack.role)
        stack.status = "DELETE_IN_PROGRESS"
        stack.settled.clear()

        def work() -> None:
            self._engine.delete(stack)
            if stack.status == "DELETE_COMPLETE":
                with self._lock:
                    self._deleted[stack.id] = self._stacks.pop(stack.name)

        self._background.submit(work)

    @operation("cloudformation", "DescribeStacks")
    def describe(self, call: Call) -> dict[str, Any]:
        name = call.params.get("StackName")
        stacks = [self._stack(name)] if name else list(self._stacks.values())
        return {"Stacks": [_described(s) for s in stacks]}

    @operation("cloudformation", "ListStacks")
    def list(self, call: Call) -> dict[str, Any]:
        wanted = call.params.get("StackStatusFilter") or []
        stacks = [*self._stacks.values(), *self._deleted.values()]
        return {
            "StackSummaries": [
                {"StackId": s.id, "StackName": s.name, "CreationTime": s.created, "StackStatus": s.status}
                for s in stacks
                if not wanted or s.status in wanted
            ]
        }

    @operation("cloudformation", "DescribeStackEvents")
    def events(self, call: Call) -> dict[str, Any]:
        return {"StackEvents": list(reversed(self._stack(call.params["StackName"]).events))}

    @operation("cloudformation", "DescribeStackResources")
    def resources(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call.params["StackName"])
        return {
            "StackResources": [
                {
                    "StackName": stack.name,
                    "StackId": stack.id,
                    "LogicalResourceId": r.logical_id,
                    "PhysicalResourceId": r.id,
                    "ResourceType": r.type,
                    "Timestamp": r.changed,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for r in stack.records.values()
            ]
        }

    @operation("cloudformation", "ListStackResources")
    def list_resources(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call.params["StackName"])
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": r.logical_id,
                    "PhysicalResourceId": r.id,
                    "ResourceType": r.type,
                    "LastUpdatedTimestamp": r.changed,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for r in stack.records.values()
            ]
        }

    @operation("cloudformation", "GetTemplate")
    def get_template(self, call: Call) -> dict[str, Any]:
        return {"TemplateBody": self._stack(call.params["StackName"]).template.text, "StagesAvailable": ["Original", "Processed"]}

    @operation("cloudformation", "SetStackPolicy")
    def set_policy(self, call: Call) -> None:
        self._stack(call.params["StackName"]).policy = self._policy(call.params)

    @operation("cloudformation", "GetStackPolicy")
    def get_policy(self, call: Call) -> dict[str, Any]:
        policy = self._stack(call.params["StackName"]).policy
        return {"StackPolicyBody": json.dumps(policy)} if policy else {}

    @operation("cloudformation", "UpdateTerminationProtection")
    def protect(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call.params["StackName"])
        stack.termination_protection = call.params["EnableTerminationProtection"]
        return {"StackId": stack.id}

    def _stack(self, name: str) -> Stack:
        """By name, or by id, which also finds deleted stacks. Raises AwsError."""
        if name in self._stacks:
            return self._stacks[name]
        for stack in [*self._stacks.values(), *self._deleted.values()]:
            if stack.id == name:
                return stack
        raise error(f"Stack with id {name} does not exist")

    def _parameters(
        self, template: Template, params: dict[str, Any], previous: dict[str, str], ssm_names: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Values by parameter, and what was given for those that are read from SSM. Raises AwsError."""
        names: dict[str, str] = {}
        given: dict[str, str | None] = {
            p["ParameterKey"]: None if p.get("UsePreviousValue") else p.get("ParameterValue", "") for p in params.get("Parameters", [])
        }
        for name, spec in template.raw.get("Parameters", {}).items():
            if spec["Type"].startswith("AWS::SSM::Parameter::Value"):
                source = given.get(name) or (ssm_names.get(name) if name in given else None) or spec.get("Default")
                if source is not None:
                    names[name], given[name] = source, self._from_ssm(source)
            elif spec["Type"] not in ("String", "Number"):
                raise Unsupported(f"parameters of type {spec['Type']} ({name})")
        return templates.parameters(template, given, previous), names

    def _from_ssm(self, name: str) -> str:
        try:
            return str(self._clients.admin("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        except ClientError:
            raise error(f"Unable to fetch parameters [{name}] from parameter store for this account.") from None

    def _template(self, params: dict[str, Any]) -> Template:
        if "TemplateBody" in params:
            return templates.parse(params["TemplateBody"])
        if "TemplateURL" not in params:
            raise error("Either Template URL or Template Body must be specified.")
        bucket, key = _s3_location(params["TemplateURL"])
        try:
            body = self._clients.service("s3", "cloudformation.amazonaws.com").get_object(Bucket=bucket, Key=key)["Body"].read()
        except Exception as fault:
            raise error(f"S3 error: {fault} ({params['TemplateURL']})") from None
        return templates.parse(body.decode())

    @staticmethod
    def _policy(params: dict[str, Any]) -> dict[str, Any] | None:
        body = params.get("StackPolicyBody")
        if not body:
            return None
        try:
            return dict(json.loads(body))
        except ValueError as fault:
            raise error(f"Error validating stack policy: {fault}") from None

    @staticmethod
    def _check_capabilities(template: Template, params: dict[str, Any]) -> None:
        roles = [r for r in template.resources.values() if r["Type"] == "AWS::IAM::Role"]
        if roles and not _NAMED_CAPABILITIES & set(params.get("Capabilities", [])):
            raise AwsError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")

    @staticmethod
    def _refuse(params: dict[str, Any]) -> None:
        for name in _REFUSED:
            if params.get(name):
                raise Unsupported(f"stacks with {name}")


def _described(stack: Stack) -> dict[str, Any]:
    out: dict[str, Any] = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "Parameters": [
            {"ParameterKey": k, "ParameterValue": stack.ssm_names[k], "ResolvedValue": v}
            if k in stack.ssm_names
            else {"ParameterKey": k, "ParameterValue": v}
            for k, v in stack.parameters.items()
        ],
        "Outputs": stack.outputs,
        "Tags": stack.tags,
        "EnableTerminationProtection": stack.termination_protection,
        "DisableRollback": False,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    if stack.reason:
        out["StackStatusReason"] = stack.reason
    if stack.updated:
        out["LastUpdatedTime"] = stack.updated
    if stack.role:
        out["RoleARN"] = stack.role
    return out


def _s3_location(url: str) -> tuple[str, str]:
    """Bucket and key of an S3 URL in either style."""
    parts = urlsplit(url)
    host = parts.netloc.split(":")[0]
    path = unquote(parts.path.lstrip("/"))
    virtual = re.fullmatch(r"(.+)\.s3[.-].*amazonaws\.com", host)
    if virtual:
        return virtual[1], path
    bucket, _, key = path.partition("/")
    return bucket, key
