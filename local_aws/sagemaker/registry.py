"""Model Registry: groups, versions, approval, and the events of both."""

import threading
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, validation
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.names import arn, short
from local_aws.sagemaker.transfer import split

_METADATA_LIMIT, _VALUE_LIMIT = 50, 256
_FORBIDDEN = set('<>%(){}"')
_SUMMARY = (
    "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription", "CreationTime",
    "ModelPackageStatus", "ModelApprovalStatus",
)  # fmt: skip

_GROUPS = Listing("ListModelPackageGroups", "ModelPackageGroupSummaryList", "ModelPackageGroupName", order="Ascending")
_PACKAGES = Listing(
    "ListModelPackages", "ModelPackageSummaryList", "ModelPackageName", order="Ascending",
    equal={"ModelApprovalStatus": "ModelApprovalStatus"}, own=frozenset({"ModelPackageGroupName", "ModelPackageType"}),
)  # fmt: skip


class Registry:
    """Model package groups and versioned packages."""

    kept = ("_groups", "_packages", "_tokens")

    def __init__(self, world: World) -> None:
        self._world = world
        self._groups: dict[str, dict[str, Any]] = {}
        self._packages: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    @operation("sagemaker", "CreateModelPackageGroup")
    def create_group(self, call: Call) -> dict[str, Any]:
        name = call.params["ModelPackageGroupName"]
        if name in self._groups:
            raise validation(f"Model Package Group already exists: {arn('model-package-group', name)}")
        self._groups[name] = {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": arn("model-package-group", name),
            "ModelPackageGroupDescription": call.params.get("ModelPackageGroupDescription", ""),
            "CreationTime": self._world.clock.now(),
            "CreatedBy": {},
            "ModelPackageGroupStatus": "Completed",
            "_next": 1,
        }
        return {"ModelPackageGroupArn": self._groups[name]["ModelPackageGroupArn"]}

    @operation("sagemaker", "DescribeModelPackageGroup")
    def describe_group(self, call: Call) -> dict[str, Any]:
        return _public(self._group(call.params["ModelPackageGroupName"]))

    @operation("sagemaker", "ListModelPackageGroups")
    def list_groups(self, call: Call) -> dict[str, Any]:
        keys = ("ModelPackageGroupName", "ModelPackageGroupArn", "ModelPackageGroupDescription", "CreationTime", "ModelPackageGroupStatus")
        return _GROUPS.page(list(self._groups.values()), call.params, keys)

    @operation("sagemaker", "DeleteModelPackageGroup")
    def delete_group(self, call: Call) -> None:
        group = self._group(call.params["ModelPackageGroupName"])
        if self._versions(group["ModelPackageGroupName"]):
            raise AwsError(
                "ConflictException",
                f"Cannot delete Model Package Group: {group['ModelPackageGroupArn']}. Because it still contains model packages.",
            )
        del self._groups[group["ModelPackageGroupName"]]

    @operation("sagemaker", "CreateModelPackage")
    def create_package(self, call: Call) -> dict[str, Any]:
        params = {k: v for k, v in call.params.items() if k != "Tags"}
        if "ModelPackageGroupName" not in params:
            raise validation("the local AWS keeps versioned model packages only; give ModelPackageGroupName")
        with self._lock:
            token = params.pop("ClientToken", None)
            if token in self._tokens:
                return {"ModelPackageArn": self._tokens[token]}
            group = self._group(params["ModelPackageGroupName"])
            _check_metadata(params.get("CustomerMetadataProperties", {}))
            for container in params.get("InferenceSpecification", {}).get("Containers", []):
                if "ModelDataUrl" in container:
                    self._check_artefact(container["ModelDataUrl"])
            version = group["_next"]
            group["_next"] += 1
            name = group["ModelPackageGroupName"]
            package = {
                **params,
                "ModelPackageName": name,
                "ModelPackageGroupName": name,
                "ModelPackageVersion": version,
                "ModelPackageArn": arn("model-package", f"{name}/{version}"),
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": []},
                "ModelApprovalStatus": params.get("ModelApprovalStatus", "PendingManualApproval"),
                "CreationTime": self._world.clock.now(),
                "LastModifiedTime": self._world.clock.now(),
                "_creator": call.principal.arn,
            }
            self._packages[package["ModelPackageArn"]] = package
            if token:
                self._tokens[token] = package["ModelPackageArn"]
        self._emit(package)
        return {"ModelPackageArn": package["ModelPackageArn"]}

    @operation("sagemaker", "DescribeModelPackage")
    def describe_package(self, call: Call) -> dict[str, Any]:
        return _public(self.package(call.params["ModelPackageName"]))

    @operation("sagemaker", "ListModelPackages")
    def list_packages(self, call: Call) -> dict[str, Any]:
        """Packages of a group; of all groups where a type asks for them: without either only those without versions are listed, of
        which there are none here."""
        params = call.params
        group, kind = params.get("ModelPackageGroupName"), params.get("ModelPackageType")
        if group is not None:
            group = self._group(group)["ModelPackageGroupName"]
        packages = list(self._packages.values()) if kind in ("Versioned", "Both") or (group and not kind) else []
        found = [p for p in packages if group in (None, p["ModelPackageGroupName"])]
        return _PACKAGES.page(found, params, _SUMMARY)

    @operation("sagemaker", "UpdateModelPackage")
    def update_package(self, call: Call) -> dict[str, Any]:
        params = call.params
        package = self.package(params["ModelPackageArn"])
        with self._lock:
            metadata = {**package.get("CustomerMetadataProperties", {}), **params.get("CustomerMetadataProperties", {})}
            for name in params.get("CustomerMetadataPropertiesToRemove", []):
                metadata.pop(name, None)
            _check_metadata(metadata)
            changed = params.get("ModelApprovalStatus", package["ModelApprovalStatus"]) != package["ModelApprovalStatus"]
            package["CustomerMetadataProperties"] = metadata
            for name in ("ModelApprovalStatus", "ApprovalDescription"):
                if name in params:
                    package[name] = params[name]
            package["LastModifiedTime"] = self._world.clock.now()
            # documented for model packages (UserContext): the IAM identity of whoever made the change
            package["LastModifiedBy"] = {"IamIdentity": {"Arn": call.principal.arn, "PrincipalId": call.principal.arn.rsplit("/", 1)[-1]}}
        if changed or "ApprovalDescription" in params:
            self._emit(package)
        return {"ModelPackageArn": package["ModelPackageArn"]}

    @operation("sagemaker", "DeleteModelPackage")
    def delete_package(self, call: Call) -> None:
        del self._packages[self.package(call.params["ModelPackageName"])["ModelPackageArn"]]

    def package(self, name: str) -> dict[str, Any]:
        """A package by its ARN, or ``group/version``. Raises AwsError."""
        key = name if name.startswith("arn:") else arn("model-package", name)
        if key not in self._packages:
            raise validation(f"ModelPackage {key} does not exist.")
        return self._packages[key]

    def _group(self, name: str) -> dict[str, Any]:
        if short(name) not in self._groups:
            raise validation(f"ModelPackageGroup {arn('model-package-group', short(name))} does not exist.")
        return self._groups[short(name)]

    def _versions(self, group: str) -> list[dict[str, Any]]:
        return [p for p in self._packages.values() if p["ModelPackageGroupName"] == group]

    def _check_artefact(self, uri: str) -> None:
        bucket, key = split(uri)
        try:
            self._world.clients.service("s3", "sagemaker.amazonaws.com").head_object(Bucket=bucket, Key=key)
        except Exception:
            raise validation(f"Could not find model data at {uri}.") from None

    def _emit(self, package: dict[str, Any]) -> None:
        """The documented event: the package's own attributes, with times in milliseconds."""
        kept = (
            "ModelPackageGroupName", "ModelPackageName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription",
            "InferenceSpecification", "ModelPackageStatus", "ModelPackageStatusDetails", "CertifyForMarketplace",
            "ModelApprovalStatus", "MetadataProperties", "ModelMetrics", "ApprovalDescription", "CustomerMetadataProperties",
        )  # fmt: skip
        detail: dict[str, Any] = {k: package[k] for k in kept if k in package}
        for name in ("CreationTime", "LastModifiedTime"):
            detail[name] = int(package[name].timestamp() * 1000)
        self._world.events.emit("aws.sagemaker", "SageMaker Model Package State Change", detail, [package["ModelPackageArn"]])


def _public(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if not k.startswith("_")}


def _check_metadata(metadata: dict[str, str]) -> None:
    """The documented limits: 50 keys, values of at most 256 characters without ``<>%(){}"``."""
    if len(metadata) > _METADATA_LIMIT:
        raise validation(f"CustomerMetadataProperties has {len(metadata)} keys; at most {_METADATA_LIMIT}")
    for key, value in metadata.items():
        if len(value) > _VALUE_LIMIT or _FORBIDDEN & set(value):
            raise validation(
                f"CustomerMetadataProperties {key!r}: {value!r} is longer than {_VALUE_LIMIT} or has one of {' '.join(sorted(_FORBIDDEN))}"
            )
