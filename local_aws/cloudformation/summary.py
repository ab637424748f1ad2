"""CloudFormation's API: what a template says of itself."""

from typing import Any

from local_aws.clients import Clients
from local_aws.cloudformation.check import check
from local_aws.cloudformation.request import Requests, capabilities
from local_aws.cloudformation.stack import Stacks
from local_aws.cloudformation.template import Template
from local_aws.dispatcher import Call, operation

_CONSTRAINTS = ("AllowedValues",)


class Summaries:
    """GetTemplate, GetTemplateSummary and ValidateTemplate."""

    kept: tuple[str, ...] = ()

    def __init__(self, clients: Clients, stacks: Stacks) -> None:
        self._stacks, self._requests = stacks, Requests(clients)

    @operation("cloudformation", "GetTemplate")
    def get_template(self, call: Call) -> dict[str, Any]:
        stack = self._stacks.get(call.params["StackName"])
        wanted = call.params.get("ChangeSetName")
        found = next((c.template for c in stack.change_sets.values() if wanted in (c.id, c.name)), stack.template)
        return {"TemplateBody": found.text, "StagesAvailable": ["Original", "Processed"]}

    @operation("cloudformation", "GetTemplateSummary")
    def summary(self, call: Call) -> dict[str, Any]:
        template = self._of(call.params)
        needed, reason = capabilities(template)
        raw = template.raw
        out: dict[str, Any] = {
            "Parameters": [_parameter(name, spec) for name, spec in raw.get("Parameters", {}).items()],
            "Capabilities": needed,
            "ResourceTypes": sorted({r["Type"] for r in template.resources.values()}),
            "DeclaredTransforms": [],
        }
        optional = {"Description": raw.get("Description"), "CapabilitiesReason": reason, "Version": raw.get("AWSTemplateFormatVersion")}
        return {**out, **{k: v for k, v in optional.items() if v}}

    @operation("cloudformation", "ValidateTemplate")
    def validate(self, call: Call) -> dict[str, Any]:
        template = self._requests.template(call.params)
        check(template)
        needed, reason = capabilities(template)
        parameters = []
        for name, spec in template.raw.get("Parameters", {}).items():
            described = {k: v for k, v in _parameter(name, spec).items() if k not in ("ParameterType", "ParameterConstraints")}
            parameters.append(described)
        out: dict[str, Any] = {"Parameters": parameters, "Capabilities": needed, "DeclaredTransforms": []}
        optional = {"Description": template.raw.get("Description"), "CapabilitiesReason": reason}
        return {**out, **{k: v for k, v in optional.items() if v}}

    def _of(self, params: dict[str, Any]) -> Template:
        return self._stacks.get(params["StackName"]).template if "StackName" in params else self._requests.template(params)


def _parameter(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "ParameterKey": name,
        "ParameterType": spec["Type"],
        "NoEcho": str(spec.get("NoEcho", False)).lower() == "true",
        "ParameterConstraints": {k: [str(v) for v in spec[k]] for k in _CONSTRAINTS if k in spec},
    }
    if "Default" in spec:
        out["DefaultValue"] = str(spec["Default"])
    if "Description" in spec:
        out["Description"] = spec["Description"]
    return out
