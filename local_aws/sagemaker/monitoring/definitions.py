"""The four job definitions: created, described, listed and deleted; never changed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from local_aws.dispatcher import Call
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.launcher.launcher import Image
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.monitoring.kinds import KINDS, Kind
from local_aws.sagemaker.names import arn

# what nobody has verified: AWS documents the closure, not the error. The text says so instead of imitating one
REFUSAL = "Amazon SageMaker Model Monitor is not available to this account (the local AWS was told to refuse it, as a new account would)"


class Definitions:
    """``refuse`` makes the account one to which Model Monitor is closed."""

    def __init__(self, world: World, image: Callable[[str], Image], *, refuse: bool) -> None:
        self._world, self._image, self._refuse = world, image, refuse
        self.made: dict[tuple[str, str], dict[str, Any]] = {}

    def operations(self) -> dict[tuple[str, str], Callable[[Call], dict[str, Any] | None]]:
        """The API of each kind: the calls differ in names only."""
        out: dict[tuple[str, str], Callable[[Call], dict[str, Any] | None]] = {}
        for title, kind in KINDS.items():
            out["sagemaker", f"Create{title}JobDefinition"] = partial(self._create, kind)
            out["sagemaker", f"Describe{title}JobDefinition"] = partial(self._describe, kind)
            out["sagemaker", f"List{title}JobDefinitions"] = partial(self._list, kind)
            out["sagemaker", f"Delete{title}JobDefinition"] = partial(self._delete, kind)
        return out

    def closed(self) -> None:
        """Refuse what a new account may not do. Raises AwsError."""
        if self._refuse:
            raise AwsError("AccessDeniedException", REFUSAL, 403)

    def get(self, title: str, name: str) -> dict[str, Any]:
        """Raises AwsError."""
        if (title, name) not in self.made:
            raise AwsError("ResourceNotFound", f"Could not find {KINDS[title].path} {name}.")
        return self.made[title, name]

    def _create(self, kind: Kind, call: Call) -> dict[str, Any]:
        self.closed()
        params = call.params
        name = params["JobDefinitionName"]
        if (kind.title, name) in self.made:
            raise AwsError("ResourceInUse", f"A job definition named {name} already exists.")
        source = kind.part(params, "JobInput")
        if "EndpointInput" not in source:
            raise Unsupported("monitoring of batch transform (BatchTransformInput)")
        for member in ("RecordPreprocessorSourceUri", "PostAnalyticsProcessorSourceUri"):
            if member in kind.part(params, "AppSpecification"):
                raise Unsupported(f"job definitions with {member}")
        if params["JobResources"]["ClusterConfig"]["InstanceCount"] != 1:
            raise validation("the local AWS runs monitoring jobs on one instance")
        self._image(kind.part(params, "AppSpecification")["ImageUri"])
        self._world.check_role(params["RoleArn"])
        made = {k: v for k, v in params.items() if k != "Tags"}
        made |= {"JobDefinitionArn": arn(kind.path, name), "CreationTime": self._world.clock.now()}
        self.made[kind.title, name] = made
        return {"JobDefinitionArn": made["JobDefinitionArn"]}

    def _describe(self, kind: Kind, call: Call) -> dict[str, Any]:
        return dict(self.get(kind.title, call.params["JobDefinitionName"]))

    def _delete(self, kind: Kind, call: Call) -> None:
        self.get(kind.title, call.params["JobDefinitionName"])
        del self.made[kind.title, call.params["JobDefinitionName"]]

    def _list(self, kind: Kind, call: Call) -> dict[str, Any]:
        found = [
            {
                "MonitoringJobDefinitionName": name,
                "MonitoringJobDefinitionArn": made["JobDefinitionArn"],
                "CreationTime": made["CreationTime"],
                "EndpointName": kind.part(made, "JobInput")["EndpointInput"]["EndpointName"],
            }
            for (title, name), made in self.made.items()
            if title == kind.title
        ]
        name, equal = "MonitoringJobDefinitionName", {"EndpointName": "EndpointName"}
        return Listing(f"List{kind.title}JobDefinitions", "JobDefinitionSummaries", name, equal=equal).page(found, call.params)
