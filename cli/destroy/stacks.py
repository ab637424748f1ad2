"""The three stacks, last made first gone, each with a role that may delete what it holds."""

import time
from collections.abc import Callable
from typing import Any

from cli.collect import Client
from cli.errors import CliError, RunFailed
from interfaces.names import Names

_POLL_S = 2.0
# CDK's default qualifier; another is given with --role-arn
_EXECUTION_ROLE = "cdk-hnb659fds-cfn-exec-role-{account}-{region}"


def described(client: Client, stack: str) -> dict[str, Any] | None:
    """The stack, or None where there is none."""
    cloudformation = client("cloudformation")
    try:
        return dict(cloudformation.describe_stacks(StackName=stack)["Stacks"][0])
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def existing(client: Client, names: Names) -> list[dict[str, Any]]:
    """Those of the three that exist, in the order of their deletion."""
    found = (described(client, stack) for stack in reversed(names.stacks))
    return [stack for stack in found if stack]


def refuse_protected(stacks: list[dict[str, Any]]) -> None:
    """Raises CliError when one of the stacks must not be deleted."""
    protected = [stack["StackName"] for stack in stacks if stack.get("EnableTerminationProtection")]
    if protected:
        raise CliError(
            f"termination protection is on for {', '.join(protected)}: nothing was touched. If this environment is to go, set "
            "operations.termination_protection = false in its file and deploy, or run for each: "
            f"aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {protected[0]}"
        )


def delete(client: Client, stack: dict[str, Any], role_arn: str | None, sleep: Callable[[float], None] = time.sleep) -> None:
    """Delete a stack and wait. Raises RunFailed with what would not go and why."""
    cloudformation = client("cloudformation")
    role = role_arn or _deleting_role(client, stack)
    cloudformation.delete_stack(StackName=stack["StackName"], **({"RoleARN": role} if role else {}))
    while True:
        now = cloudformation.describe_stacks(StackName=stack["StackId"])["Stacks"][0]
        if now["StackStatus"] == "DELETE_COMPLETE":
            return
        if now["StackStatus"] == "DELETE_FAILED":
            raise RunFailed(
                f"stack {stack['StackName']}", _why(cloudformation, stack["StackId"]) or now.get("StackStatusReason", "no reason given")
            )
        sleep(_POLL_S)


def _deleting_role(client: Client, stack: dict[str, Any]) -> str | None:
    """After a release a stack's own role is the narrow one that may only release; deleting takes the one that deployed it."""
    identity, region = client("sts").get_caller_identity(), client("cloudformation").meta.region_name
    name = _EXECUTION_ROLE.format(account=identity["Account"], region=region)
    iam = client("iam")
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        if "RoleARN" in stack:
            raise CliError(
                f"stack {stack['StackName']} would be deleted as {stack['RoleARN']}, which may only release, and there is no role {name}; "
                "give the one that CloudFormation deploys with as --role-arn"
            ) from None
        return None


def _why(cloudformation: Any, stack_id: str) -> str:
    """The resources that failed in the last deletion, each with its reason."""
    events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]  # newest first
    reasons = []
    for event in events:
        if event["ResourceStatus"] == "DELETE_IN_PROGRESS" and event["LogicalResourceId"] == event["StackName"]:
            break
        if event["ResourceStatus"] == "DELETE_FAILED" and event["LogicalResourceId"] != event["StackName"]:
            reasons.append(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}")
    return "; ".join(reversed(reasons))
