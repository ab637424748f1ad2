"""What requests about stacks have in common: template, parameters, capabilities, stack policy."""

import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from local_aws.clients import Clients
from local_aws.cloudformation import rules
from local_aws.cloudformation import template as templates
from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.template import Template, error
from local_aws.errors import AwsError, Unsupported

_REFUSED = (
    "RollbackConfiguration", "NotificationARNs", "StackPolicyURL", "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL", "ResourceTypes",
)  # fmt: skip
_IAM = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_PLAIN_TYPES = ("String", "Number", "CommaDelimitedList", "List<String>", "List<Number>")
_SSM = "AWS::SSM::Parameter::Value"


class Requests:
    """Reads requests, with the clients that templates in S3 and SSM parameters need."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def template(self, params: dict[str, Any]) -> Template:
        """From the body, or from S3. Raises AwsError."""
        if "TemplateBody" in params:
            return templates.parse(params["TemplateBody"])
        if "TemplateURL" not in params:
            raise error("Either Template URL or Template Body must be specified.")
        bucket, key = s3_location(params["TemplateURL"])
        try:
            body = self._clients.service("s3", "cloudformation.amazonaws.com").get_object(Bucket=bucket, Key=key)["Body"].read()
        except Exception as fault:
            raise error(f"S3 error: {fault} ({params['TemplateURL']})") from None
        return templates.parse(body.decode())

    def parameters(
        self, template: Template, params: dict[str, Any], previous: dict[str, str], ssm_names: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Values by parameter, and what was given for those that are read from SSM. Raises AwsError."""
        names: dict[str, str] = {}
        given: dict[str, str | None] = {
            p["ParameterKey"]: None if p.get("UsePreviousValue") else p.get("ParameterValue", "") for p in params.get("Parameters", [])
        }
        for name, spec in template.raw.get("Parameters", {}).items():
            if spec["Type"].startswith(_SSM):
                source = given.get(name) or (ssm_names.get(name) if name in given else None) or spec.get("Default")
                if source is not None:
                    names[name], given[name] = source, self._from_ssm(source)
            elif spec["Type"] not in _PLAIN_TYPES:
                raise Unsupported(f"parameters of type {spec['Type']} ({name}; it does {', '.join(_PLAIN_TYPES)}, {_SSM}<…>)")
        return templates.parameters(template, given, previous), names

    def _from_ssm(self, name: str) -> str:
        try:
            return str(self._clients.admin("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        except ClientError:
            raise error(f"Unable to fetch parameters [{name}] from parameter store for this account.") from None


def check_rules(template: Template, stack_name: str, values: dict[str, str]) -> None:
    """Raises AwsError."""
    rules.check(Scope(template, stack_name, "", values))


def stack_policy(params: dict[str, Any]) -> dict[str, Any] | None:
    body = params.get("StackPolicyBody")
    if not body:
        return None
    try:
        return dict(json.loads(body))
    except ValueError as fault:
        raise error(f"Error validating stack policy: {fault}") from None


def capabilities(template: Template) -> tuple[list[str], str]:
    """Which capability a template needs, and why."""
    found = {name: r for name, r in template.resources.items() if r.get("Type") in _IAM}
    if not found:
        return [], ""
    keys = ("RoleName", "ManagedPolicyName", "UserName", "GroupName")
    named = any(key in r.get("Properties", {}) for r in found.values() for key in keys)
    kinds = ", ".join(sorted({r["Type"] for r in found.values()}))
    return ["CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"], f"The following resource(s) require capabilities: [{kinds}]"


def check_capabilities(template: Template, params: dict[str, Any]) -> None:
    """Raises AwsError for what the caller has not acknowledged; CAPABILITY_NAMED_IAM covers CAPABILITY_IAM."""
    needed, _ = capabilities(template)
    given = set(params.get("Capabilities", []))
    if needed and not given & {*needed, "CAPABILITY_NAMED_IAM"}:
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(needed)}]")


def refuse(params: dict[str, Any]) -> None:
    for name in _REFUSED:
        if params.get(name):
            raise Unsupported(f"stacks with {name}")
    if (mode := params.get("DeletionMode", "STANDARD")) != "STANDARD":
        raise Unsupported(f"the deletion mode {mode} (it does STANDARD)")
    if (mode := params.get("DeploymentConfig", {}).get("Mode", "STANDARD")) != "STANDARD":
        raise Unsupported(f"the deployment mode {mode} (it does STANDARD)")


def s3_location(url: str) -> tuple[str, str]:
    """Bucket and key of an S3 URL in either style, of AWS or of a local server."""
    parts = urlsplit(url)
    host = parts.netloc.split(":")[0]
    path = unquote(parts.path.lstrip("/"))
    virtual = re.fullmatch(r"(.+)\.s3[.-].*amazonaws\.com|(.+)\.localhost", host)
    if virtual:
        return virtual[1] or virtual[2], path
    bucket, _, key = path.partition("/")
    return bucket, key
