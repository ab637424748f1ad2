"""What a cloud assembly will ask of the account: read from its templates, so that nothing is written twice."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.errors import CliError

Template = dict[str, Any]
_PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}


@dataclass(frozen=True)
class Image:
    """A container image by registry account, repository and tag."""

    registry: str
    repository: str
    tag: str


@dataclass
class Needs:
    """Stacks in the assembly, and what their templates name. ``instances``: (type, use) to how many run at once."""

    stacks: dict[str, str] = field(default_factory=dict)
    buckets: dict[str, str] = field(default_factory=dict)
    roles: dict[str, tuple[str, str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    images: set[Image] = field(default_factory=set)
    missing_images: set[str] = field(default_factory=set)
    instances: dict[tuple[str, str], int] = field(default_factory=dict)

    def at_once(self, kind: str, use: str, count: int) -> None:
        self.instances[kind, use] = max(self.instances.get((kind, use), 0), count)


def read(folder: Path, account: str, region: str) -> Needs:
    """Everything that the checks ask for. Raises CliError for a folder that holds no assembly."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise CliError(f"{folder} holds no cloud assembly; make one with: make synth")
    needs = Needs()
    for name, artifact in json.loads(manifest.read_text())["artifacts"].items():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        template = json.loads((folder / artifact["properties"]["templateFile"]).read_text())
        stack = artifact["properties"].get("stackName", name)
        needs.stacks[name] = stack
        _read_template(template, stack, Resolver(template, account, region), needs)
    return needs


def _read_template(template: Template, stack: str, resolver: "Resolver", needs: Needs) -> None:
    targets = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"]
    scaled = max((int(t["MaxCapacity"]) for t in targets), default=0)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::S3::Bucket":
                needs.buckets[resolver.text(properties["BucketName"])] = stack
            case "AWS::IAM::Role":
                statement = _first(properties["AssumeRolePolicyDocument"]["Statement"])
                principal = _first(statement.get("Principal", {}).get("Service", ""))
                needs.roles[resolver.text(properties["RoleName"])] = (stack, str(principal))
            case "AWS::KMS::Alias":
                needs.aliases[resolver.text(properties["AliasName"])] = stack
            case "AWS::SageMaker::Pipeline":
                _read_pipeline(properties["PipelineDefinition"]["PipelineDefinitionBody"], resolver, needs)
            case "AWS::SageMaker::EndpointConfig":
                for variant in _dictionaries(properties.get("ProductionVariants", [])):
                    if isinstance(variant.get("InitialInstanceCount"), int):
                        # an update runs the new fleet beside the old one, which may have scaled out
                        needs.at_once(variant["InstanceType"], "endpoint usage", 2 * max(variant["InitialInstanceCount"], scaled))


def _read_pipeline(body: Any, resolver: "Resolver", needs: Needs) -> None:
    text, values = body["Fn::Sub"] if isinstance(body["Fn::Sub"], list) else (body["Fn::Sub"], {})
    for part in _dictionaries(json.loads(text)):
        if isinstance(part.get("ClusterConfig"), dict):
            needs.at_once(part["ClusterConfig"]["InstanceType"], "processing job usage", part["ClusterConfig"].get("InstanceCount", 1))
        if isinstance(part.get("ResourceConfig"), dict):
            needs.at_once(part["ResourceConfig"]["InstanceType"], "training job usage", part["ResourceConfig"].get("InstanceCount", 1))
    try:
        uri = resolver.text(values["ImageUri"])
    except KeyError as error:
        needs.missing_images.add(f"the template names no registry of the image in {error.args[0]}")
        return
    host, _, name = uri.partition("/")
    repository, _, tag = name.partition(":")
    needs.images.add(Image(host.split(".")[0], repository, tag))


class Resolver:
    """The intrinsic functions that names are made of, for one account and region."""

    def __init__(self, template: Template, account: str, region: str) -> None:
        partition, suffix = next((v for k, v in _PARTITIONS.items() if region.startswith(k)), ("aws", "amazonaws.com"))
        self._template = template
        self._values = {"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": partition, "AWS::URLSuffix": suffix}

    def text(self, value: Any) -> str:
        """Raises KeyError with the region where a mapping has none, ValueError for a function that names are not made of."""
        match value:
            case str() | int():
                return str(value)
            case {"Ref": name}:
                return self._values.get(name) or str(self._template.get("Parameters", {}).get(name, {}).get("Default", name))
            case {"Fn::Join": [delimiter, parts]}:
                return str(delimiter).join(self.text(part) for part in parts)
            case {"Fn::FindInMap": [name, first, second]}:
                key = self.text(first)
                found = self._template["Mappings"][self.text(name)]
                if key not in found:
                    raise KeyError(key)
                return str(found[key][self.text(second)])
        raise ValueError(f"a name made by {value!r}")


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    """Every table inside a value, itself included."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dictionaries(part)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value
