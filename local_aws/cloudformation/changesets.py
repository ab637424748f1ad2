"""CloudFormation's API: change sets."""

import uuid
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudformation import describe, dynamic
from local_aws.cloudformation.changes import Before, Planned, plan, without_values
from local_aws.cloudformation.check import check
from local_aws.cloudformation.engine import Engine
from local_aws.cloudformation.request import Requests, check_capabilities, check_rules, refuse
from local_aws.cloudformation.stack import QUICK_S, UPDATABLE, ChangeSet, Stack, Stacks
from local_aws.cloudformation.template import EMPTY, error
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.principals import ACCOUNT, REGION

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSets:
    """Create, describe, execute, delete and list."""

    kept: tuple[str, ...] = ()

    def __init__(self, clients: Clients, clock: Clock, background: Background, engine: Engine, stacks: Stacks) -> None:
        self._clients, self._clock, self._background, self._engine, self._stacks = clients, clock, background, engine, stacks
        self._requests = Requests(clients)

    @operation("cloudformation", "CreateChangeSet")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        kind = params.get("ChangeSetType", "UPDATE")
        refuse(params)
        if kind not in ("CREATE", "UPDATE") or params.get("ResourcesToImport"):
            raise Unsupported(f"change sets of type {kind} (it does CREATE and UPDATE)")
        if params.get("DeploymentMode"):
            raise Unsupported("change sets with DeploymentMode")
        with self._stacks.lock:
            stack = self._stack_for(params, kind)
            if any(c.name == params["ChangeSetName"] for c in stack.change_sets.values()):
                raise AwsError("AlreadyExistsException", f"ChangeSet {params['ChangeSetName']} already exists")
            change_set = self._planned(stack, params, kind)
            stack.change_sets[change_set.id] = change_set
            self._stacks.live[stack.name] = stack
        return {"Id": change_set.id, "StackId": stack.id}

    def _stack_for(self, params: dict[str, Any], kind: str) -> Stack:
        """The stack that the change set is of; a new one, in review, for CREATE."""
        name = params["StackName"]
        stack = self._stacks.find(name)
        if kind == "UPDATE":
            if stack is None or stack.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
                raise error(f"Stack [{name}] does not exist")
            if stack.busy:
                raise error(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
            return stack
        if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise error(f"Stack [{name}] already exists and cannot be created again with the changeSet [{params['ChangeSetName']}].")
        if stack is None:
            id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{uuid.uuid4()}"
            stack = Stack(name=name, id=id, template=EMPTY, parameters={}, created=self._clock.now(), tags=params.get("Tags", []))
            self._engine.history.status(stack, "REVIEW_IN_PROGRESS", "User Initiated")
        return stack

    def _planned(self, stack: Stack, params: dict[str, Any], kind: str) -> ChangeSet:
        template = stack.template if params.get("UsePreviousTemplate") else self._requests.template(params)
        check(template)
        check_capabilities(template, params)
        values, ssm_names = self._requests.parameters(template, params, stack.parameters, stack.ssm_names)
        check_rules(template, stack.name, values)
        exports = {name: value for name, (_, value) in self._stacks.exports().items()}
        scope = Planned(template, stack.name, stack.id, values, exports=exports)
        scope.resolve = lambda value: dynamic.resolve(value, self._clients.admin)
        if params.get("ImportExistingResources"):
            scope.exists = lambda kind, properties: self._engine.existing(stack, kind, properties) is not None
        before = Before(stack.template if stack.records else None, stack.parameters, stack.records)
        changes = plan(before, scope)
        id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{params['ChangeSetName']}/{uuid.uuid4()}"
        request = {k: v for k, v in params.items() if k not in ("TemplateBody", "Parameters")}
        change_set = ChangeSet(id, params["ChangeSetName"], kind, template, values, ssm_names, changes, self._clock.now(), request)
        same_tags = params.get("Tags", stack.tags) == stack.tags
        if kind == "UPDATE" and template.raw == stack.template.raw and values == stack.parameters and not changes and same_tags:
            change_set.status, change_set.execution, change_set.reason = "FAILED", "UNAVAILABLE", NO_CHANGES
        return change_set

    @operation("cloudformation", "DescribeChangeSet")
    def describe(self, call: Call) -> dict[str, Any]:
        stack, change_set = self._get(call.params)
        request = change_set.request
        valued = call.params.get("IncludePropertyValues", False)
        changes = change_set.changes if valued else [without_values(c) for c in change_set.changes]
        out: dict[str, Any] = {
            "ChangeSetName": change_set.name,
            "ChangeSetId": change_set.id,
            **describe.of(stack),
            "Parameters": describe.parameters(change_set.template, change_set.parameters, change_set.ssm_names),
            "CreationTime": change_set.created,
            "ExecutionStatus": change_set.execution,
            "Status": change_set.status,
            "Capabilities": request.get("Capabilities", []),
            "NotificationARNs": [],
            "RollbackConfiguration": {},
            "Tags": request.get("Tags", []),
            "IncludeNestedStacks": False,
            **describe.page(changes, call.params, "Changes"),
        }
        for key, value in (("StatusReason", change_set.reason), ("Description", request.get("Description"))):
            if value:
                out[key] = value
        return out

    @operation("cloudformation", "ListChangeSets")
    def list(self, call: Call) -> dict[str, Any]:
        stack = self._stacks.get(call.params["StackName"])
        found = [
            {
                **describe.of(stack),
                "ChangeSetId": c.id,
                "ChangeSetName": c.name,
                "ExecutionStatus": c.execution,
                "Status": c.status,
                "CreationTime": c.created,
                "IncludeNestedStacks": False,
                **({"StatusReason": c.reason} if c.reason else {}),
            }
            for c in stack.change_sets.values()
            if c.execution != "EXECUTE_COMPLETE"
        ]
        return describe.page(found, call.params, "Summaries")

    @operation("cloudformation", "DeleteChangeSet")
    def delete(self, call: Call) -> dict[str, Any]:
        try:
            stack, change_set = self._get(call.params)
        except AwsError as fault:
            if fault.code == "ChangeSetNotFound":
                return {}  # deleting what is not there succeeds
            raise
        if change_set.execution == "EXECUTE_IN_PROGRESS":
            raise AwsError("InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] cannot be deleted in its current status")
        del stack.change_sets[change_set.id]
        return {}

    @operation("cloudformation", "ExecuteChangeSet")
    def execute(self, call: Call) -> dict[str, Any]:
        params = call.params
        stack, change_set = self._get(params)
        with self._stacks.lock:
            if change_set.execution != "AVAILABLE":
                status = f"[{change_set.status}] and execution status [{change_set.execution}]"
                raise AwsError(
                    "InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] cannot be executed in its current status of {status}"
                )
            if stack.busy or (change_set.kind == "UPDATE" and stack.status not in UPDATABLE):
                raise error(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
            self._begin(stack, change_set, params)
        disable = params.get("DisableRollback", False) or change_set.request.get("OnStackFailure") == "DO_NOTHING"
        stack.disable_rollback = disable
        stack.retain_except_on_create = params.get("RetainExceptOnCreate", False)

        def work() -> None:
            if change_set.kind == "CREATE":
                delete = change_set.request.get("OnStackFailure") == "DELETE"
                self._engine.create(stack, disable_rollback=disable, delete_on_failure=delete)
            else:
                self._engine.update(stack, change_set.template, change_set.parameters, disable_rollback=disable)

        self._background.submit(work)
        stack.settled.wait(QUICK_S)
        return {}

    def _begin(self, stack: Stack, change_set: ChangeSet, params: dict[str, Any]) -> None:
        """Take over what the change set says; the others are out of date and go."""
        request = change_set.request
        change_set.execution = "EXECUTE_IN_PROGRESS"
        stack.change_sets = {change_set.id: change_set}
        stack.change_set_id = change_set.id
        stack.role = request.get("RoleARN", stack.role)
        stack.tags = request.get("Tags", stack.tags)
        stack.importing = request.get("ImportExistingResources", False)
        stack.token = params.get("ClientRequestToken", "")
        stack.ssm_names, stack.capabilities = change_set.ssm_names, request.get("Capabilities", [])
        if change_set.kind == "CREATE":
            stack.template, stack.parameters, stack.status = change_set.template, change_set.parameters, "CREATE_IN_PROGRESS"
            stack.unsettle()
        else:
            stack.updated = self._clock.now()
            stack.begin_update()

    def _get(self, params: dict[str, Any]) -> tuple[Stack, ChangeSet]:
        """By id, or by name within a stack. Raises AwsError."""
        wanted = params["ChangeSetName"]
        stacks = [self._stacks.get(params["StackName"])] if params.get("StackName") else list(self._stacks)
        for stack in stacks:
            for change_set in stack.change_sets.values():
                if change_set.id == wanted or (change_set.name == wanted and params.get("StackName")):
                    return stack, change_set
        raise AwsError("ChangeSetNotFound", f"ChangeSet [{wanted}] does not exist", 404)
