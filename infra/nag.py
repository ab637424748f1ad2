"""cdk-nag's AwsSolutions rules on the synthesized templates, and a written reason for each finding that stays.

A wildcard in a policy is acknowledged one by one, by the Sid of its statement: a Sid without a reason is an error.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from aws_cdk import cloudformation_include as include
from cdk_nag import AwsSolutionsChecks

from infra.wildcards import DELIVERY, ENVIRONMENTS

# Type of resource, rule, reason
ACCEPTED = (("AWS::Lambda::Function", "AwsSolutions-L1", "Python 3.13 is the newest runtime that the pinned libraries are tested on."),)
_REASONS = {**ENVIRONMENTS, **DELIVERY}


def check(folder: str) -> None:
    """Check the templates of a cloud assembly. Raises RuntimeError with the findings that nobody acknowledged."""
    with TemporaryDirectory() as elsewhere:
        app = cdk.App(outdir=elsewhere, analytics_reporting=False)
        for path in sorted(Path(folder).glob("*.template.json")):
            stack = cdk.Stack(app, path.name.removesuffix(".template.json"))
            # cdk-nag knows resources by their classes, which including a template gives to all of them
            template = include.CfnInclude(stack, "Template", template_file=str(path))
            for id, resource in json.loads(path.read_text())["Resources"].items():
                found = [cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason) for rule, reason in _acknowledged(resource)]
                cdk.Validations.of(template.get_resource(id)).acknowledge(*found)
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        app.synth()


def _acknowledged(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Rules, or findings of the rule on wildcards as cdk-nag names them, and why they stay."""
    yield from ((rule, reason) for type, rule, reason in ACCEPTED if type == resource["Type"])
    for statement in _statements(resource):
        reason = _REASONS.get(statement.get("Sid", ""), "")
        for key in ("Action", "Resource") if reason else ():
            for value in map(flat, _listed(statement[key])):
                if "*" in value:
                    yield f"AwsSolutions-IAM5[{key}::{value}]", reason


def _statements(resource: dict[str, Any]) -> list[dict[str, Any]]:
    properties = resource.get("Properties", {})
    policies = {"AWS::IAM::Role": properties.get("Policies", []), "AWS::IAM::Policy": [properties]}.get(resource["Type"], [])
    return [statement for policy in policies for statement in _listed(policy["PolicyDocument"]["Statement"])]


def flat(value: Any) -> str:
    """A value with intrinsic functions as cdk-nag writes it: ``arn:<AWS::Partition>:s3:::<Bucket>/drops/*``."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(map(flat, parts))
        case {"Fn::Sub": text}:
            return flat(text)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{flat(name)}.{flat(attribute)}>"
        case {"Ref": name}:
            return f"<{flat(name)}>"
    return json.dumps(value, separators=(",", ":"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
