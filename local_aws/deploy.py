"""Deploys a synthesized cloud assembly as the CDK CLI would: bootstrap bucket, assets, stacks in order."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.errors import LocalAwsError
from local_aws.principals import ACCOUNT, REGION

ASSET_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


class DeployFailed(LocalAwsError):
    """A stack did not reach its complete state; the message has the first failed resource's reason."""


def deploy(client: Callable[[str], Any], assembly: Path, progress: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Deploy every stack of an assembly; (stack name → status). Existing stacks are updated. Raises DeployFailed."""
    manifest = json.loads((assembly / "manifest.json").read_text())
    stacks = {n: a for n, a in manifest["artifacts"].items() if a["type"] == "aws:cloudformation:stack"}
    _bootstrap(client("s3"))
    done: dict[str, str] = {}
    for name in _ordered(stacks):
        artifact = stacks[name]
        _publish(client("s3"), assembly, name)
        stack = artifact["properties"].get("stackName", name)
        done[stack] = _stack(client("cloudformation"), stack, (assembly / artifact["properties"]["templateFile"]).read_text(), artifact)
        progress(f"{stack}: {done[stack]}")
    return done


def _bootstrap(s3: Any) -> None:
    try:
        s3.head_bucket(Bucket=ASSET_BUCKET)
    except s3.exceptions.ClientError:
        s3.create_bucket(Bucket=ASSET_BUCKET)


def _ordered(stacks: dict[str, Any]) -> list[str]:
    order: list[str] = []
    while len(order) < len(stacks):
        ready = [n for n, a in stacks.items() if n not in order and not (set(a.get("dependencies", [])) & set(stacks)) - set(order)]
        order += sorted(ready)
    return order


def _publish(s3: Any, assembly: Path, stack: str) -> None:
    manifest = json.loads((assembly / f"{stack}.assets.json").read_text())
    for asset in manifest["files"].values():
        if asset["source"]["packaging"] != "file":
            raise LocalAwsError(f"asset {asset['source']['path']} is packaged as {asset['source']['packaging']}; expected file")
        for destination in asset["destinations"].values():
            s3.upload_file(str(assembly / asset["source"]["path"]), ASSET_BUCKET, destination["objectKey"])


def _stack(cloudformation: Any, name: str, template: str, artifact: dict[str, Any]) -> str:
    common = {"StackName": name, "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    try:
        existing = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        protected = artifact["properties"].get("terminationProtection", False)
        cloudformation.create_stack(**common, EnableTerminationProtection=protected)
    else:
        kept = [{"ParameterKey": p["ParameterKey"], "UsePreviousValue": True} for p in existing["Parameters"]]
        try:
            cloudformation.update_stack(**common, Parameters=kept)
        except cloudformation.exceptions.ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            return str(existing["StackStatus"])
    return _wait(cloudformation, name)


def _wait(cloudformation: Any, name: str) -> str:
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status = str(stack["StackStatus"])
        if status.endswith("_IN_PROGRESS"):
            time.sleep(0.02)
            continue
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            failed = [e for e in reversed(events) if e["ResourceStatus"].endswith("_FAILED")]
            why = (
                f"{failed[0]['LogicalResourceId']}: {failed[0].get('ResourceStatusReason', '')}"
                if failed
                else stack.get("StackStatusReason", "")
            )
            raise DeployFailed(f"stack {name} ended in {status}: {why}")
        return status
