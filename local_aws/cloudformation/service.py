"""CloudFormation's API: stacks, their resources, events and exports."""

import builtins
import json
import uuid
from functools import partial
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudformation import describe
from local_aws.cloudformation.check import check
from local_aws.cloudformation.cut_off import take_back
from local_aws.cloudformation.engine import Engine
from local_aws.cloudformation.request import Requests, check_capabilities, check_rules, refuse, stack_policy
from local_aws.cloudformation.stack import QUICK_S, UPDATABLE, Stack, Stacks
from local_aws.cloudformation.template import error
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError
from local_aws.principals import ACCOUNT, REGION


class CloudFormation:
    """Stacks, by name and by id. Deleted ones stay describable by id."""

    kept = ("stacks",)

    def __init__(self, clients: Clients, clock: Clock, background: Background, engine: Engine, stacks: Stacks) -> None:
        self._clock, self._background, self._engine, self.stacks = clock, background, engine, stacks
        self._requests = Requests(clients)

    def resume(self) -> None:
        """After a restore: an operation that was cut off is taken back."""
        for stack in self.stacks:
            if stack.busy:
                self._background.submit(partial(take_back, self._engine, stack))

    @operation("cloudformation", "CreateStack")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        name = params["StackName"]
        refuse(params)
        template = self._requests.template(params)
        check(template)
        check_capabilities(template, params)
        values, ssm_names = self._requests.parameters(template, params, {}, {})
        check_rules(template, name, values)
        with self.stacks.lock:
            if name in self.stacks.live:
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
                policy=stack_policy(params),
                tokens={params["ClientRequestToken"]} if "ClientRequestToken" in params else set(),
                ssm_names=ssm_names,
                capabilities=params.get("Capabilities", []),
                disable_rollback=params.get("DisableRollback", False) or params.get("OnFailure") == "DO_NOTHING",
                retain_except_on_create=params.get("RetainExceptOnCreate", False),
            )
            self.stacks.live[name] = stack

        def work() -> None:
            delete = params.get("OnFailure") == "DELETE"
            self._engine.create(stack, disable_rollback=stack.disable_rollback, delete_on_failure=delete)

        self._background.submit(work)
        return {"StackId": stack.id}

    @operation("cloudformation", "UpdateStack")
    def update(self, call: Call) -> dict[str, Any]:
        params = call.params
        refuse(params)
        stack = self.stacks.get(params["StackName"])
        with self.stacks.lock:
            token = params.get("ClientRequestToken", "")
            if token and token in stack.tokens:
                raise AwsError("TokenAlreadyExistsException", f"A client request token {token} was already used for stack {stack.name}")
            if stack.status not in UPDATABLE:
                raise error(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
            template = stack.template if params.get("UsePreviousTemplate") else self._requests.template(params)
            check(template)
            check_capabilities(template, params)
            values, ssm_names = self._requests.parameters(template, params, stack.parameters, stack.ssm_names)
            check_rules(template, stack.name, values)
            tags = params.get("Tags", stack.tags)
            if template.raw == stack.template.raw and values == stack.parameters and tags == stack.tags:
                raise error("No updates are to be performed.")
            if "StackPolicyBody" in params:
                stack.policy = stack_policy(params)
            # an operation's role stays with the stack until another operation names one
            stack.role = params.get("RoleARN", stack.role)
            stack.token, stack.updated, stack.tags = token, self._clock.now(), tags
            stack.tokens.add(token)
            stack.ssm_names, stack.capabilities = ssm_names, params.get("Capabilities", [])
            stack.disable_rollback = params.get("DisableRollback", False)
            stack.retain_except_on_create = params.get("RetainExceptOnCreate", False)
            stack.begin_update()
        self._background.submit(lambda: self._engine.update(stack, template, values, disable_rollback=stack.disable_rollback))
        return {"StackId": stack.id}

    @operation("cloudformation", "ContinueUpdateRollback")
    def continue_rollback(self, call: Call) -> dict[str, Any]:
        unfinished = self.stacks.get(call.params["StackName"]).unfinished
        failed = {c.logical_id for c in unfinished.changes} if unfinished else set()
        if unknown := sorted(set(call.params.get("ResourcesToSkip", [])) - failed):
            raise error(f"ResourcesToSkip: {', '.join(unknown)} did not fail to roll back; these did: {', '.join(sorted(failed))}")
        self._roll_back(call, ("UPDATE_ROLLBACK_FAILED",))
        return {}

    @operation("cloudformation", "RollbackStack")
    def roll_back(self, call: Call) -> dict[str, Any]:
        return {"StackId": self._roll_back(call, ("CREATE_FAILED", "UPDATE_FAILED")).id}

    def _roll_back(self, call: Call, allowed: tuple[str, ...]) -> Stack:
        stack = self.stacks.get(call.params["StackName"])
        with self.stacks.lock:
            if stack.status not in allowed or stack.unfinished is None:
                raise error(f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
            stack.role = call.params.get("RoleARN", stack.role)
            stack.retain_except_on_create = call.params.get("RetainExceptOnCreate", stack.retain_except_on_create)
            stack.status = f"{stack.unfinished.prefix}_IN_PROGRESS"
            stack.unsettle()
        self._background.submit(lambda: self._engine.roll_back(stack, call.params.get("ResourcesToSkip", [])))
        return stack

    @operation("cloudformation", "DeleteStack")
    def delete(self, call: Call) -> None:
        stack = self.stacks.find(call.params["StackName"])
        refuse(call.params)
        if stack is None:
            return  # deleting what is not there succeeds
        with self.stacks.lock:
            if stack.status == "DELETE_COMPLETE":
                return
            if stack.termination_protection:
                raise error(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
            if stack.busy:
                raise error(f"Stack:{stack.id} is in {stack.status} state and can not be deleted.")
            retain = self._retained(stack, call.params)
            stack.role = call.params.get("RoleARN", stack.role)
            stack.status = "DELETE_IN_PROGRESS"
            stack.unsettle()
        self._background.submit(lambda: self._engine.delete(stack, retain=retain))
        stack.settled.wait(QUICK_S)

    @staticmethod
    def _retained(stack: Stack, params: dict[str, Any]) -> builtins.list[str]:
        """Resources that a repeated deletion gives up instead of deleting. Raises AwsError."""
        retain: builtins.list[str] = params.get("RetainResources", [])
        if retain and stack.status != "DELETE_FAILED":
            raise error(
                f"Invalid operation on stack [{stack.id}]. When you delete a stack, specify which resources to retain only when the "
                "stack is in the DELETE_FAILED state."
            )
        if unknown := sorted(set(retain) - set(stack.records)):
            raise error(f"The following resources to retain do not exist in stack {stack.name}: [{', '.join(unknown)}].")
        return retain

    @operation("cloudformation", "DescribeStacks")
    def describe(self, call: Call) -> dict[str, Any]:
        name = call.params.get("StackName")
        found = [self.stacks.get(name)] if name else list(self.stacks.live.values())
        return describe.page([describe.stack(s) for s in found], call.params, "Stacks")

    @operation("cloudformation", "ListStacks")
    def list(self, call: Call) -> dict[str, Any]:
        wanted = call.params.get("StackStatusFilter") or []
        found = [describe.summary(s) for s in self.stacks if not wanted or s.status in wanted]
        return describe.page(found, call.params, "StackSummaries")

    @operation("cloudformation", "DescribeStackEvents")
    def events(self, call: Call) -> dict[str, Any]:
        return describe.page(list(reversed(self.stacks.get(call.params["StackName"]).events)), call.params, "StackEvents")

    @operation("cloudformation", "DescribeStackResources")
    def resources(self, call: Call) -> dict[str, Any]:
        params = call.params
        named = "StackName" in params
        stack = self.stacks.get(params["StackName"]) if named else self._owner(params.get("PhysicalResourceId", ""))
        found = [r for r in stack.records.values() if params.get("LogicalResourceId", r.logical_id) == r.logical_id]
        return {"StackResources": [{**describe.of(stack), **describe.resource(stack, r), "Timestamp": r.changed} for r in found]}

    def _owner(self, physical: str) -> Stack:
        for stack in self.stacks.live.values():
            if any(r.id == physical for r in stack.records.values()):
                return stack
        raise error(f"Stack for {physical} does not exist")

    @operation("cloudformation", "DescribeStackResource")
    def resource(self, call: Call) -> dict[str, Any]:
        stack, name = self.stacks.get(call.params["StackName"]), call.params["LogicalResourceId"]
        if name not in stack.records:
            raise error(f"Resource {name} does not exist for stack {stack.name}")
        record = stack.records[name]
        metadata = stack.template.resources.get(name, {}).get("Metadata")
        detail = {**describe.of(stack), **describe.resource(stack, record), "LastUpdatedTimestamp": record.changed}
        return {"StackResourceDetail": {**detail, **({"Metadata": str(metadata)} if metadata else {})}}

    @operation("cloudformation", "ListStackResources")
    def list_resources(self, call: Call) -> dict[str, Any]:
        stack = self.stacks.get(call.params["StackName"])
        found = [{**describe.resource(stack, r), "LastUpdatedTimestamp": r.changed} for r in stack.records.values()]
        return describe.page(found, call.params, "StackResourceSummaries")

    @operation("cloudformation", "ListExports")
    def exports(self, call: Call) -> dict[str, Any]:
        found = [{"ExportingStackId": id, "Name": name, "Value": value} for name, (id, value) in sorted(self.stacks.exports().items())]
        return describe.page(found, call.params, "Exports")

    @operation("cloudformation", "ListImports")
    def imports(self, call: Call) -> dict[str, Any]:
        name = call.params["ExportName"]
        importers = self.stacks.importers(name)
        if not importers:
            raise error(f"Export '{name}' is not imported by any stack.")
        return describe.page(importers, call.params, "Imports")

    @operation("cloudformation", "SetStackPolicy")
    def set_policy(self, call: Call) -> None:
        self.stacks.get(call.params["StackName"]).policy = stack_policy(call.params)

    @operation("cloudformation", "GetStackPolicy")
    def get_policy(self, call: Call) -> dict[str, Any]:
        policy = self.stacks.get(call.params["StackName"]).policy
        return {"StackPolicyBody": json.dumps(policy)} if policy else {}

    @operation("cloudformation", "UpdateTerminationProtection")
    def protect(self, call: Call) -> dict[str, Any]:
        stack = self.stacks.get(call.params["StackName"])
        stack.termination_protection = call.params["EnableTerminationProtection"]
        return {"StackId": stack.id}
