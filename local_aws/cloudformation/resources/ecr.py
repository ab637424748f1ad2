"""AWS::ECR::Repository: kept as state; no image can be pushed."""

import json
from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, names, tag_list
from local_aws.principals import ACCOUNT, REGION


class Repository(Resource):
    type = "AWS::ECR::Repository"
    properties = names("RepositoryName Tags")
    state_only = names(
        "ImageTagMutability ImageScanningConfiguration LifecyclePolicy RepositoryPolicyText EncryptionConfiguration EmptyOnDelete"
    )

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        ecr = context.client("ecr")
        name = properties.get("RepositoryName") or context.generated_name().lower()
        ecr.create_repository(
            repositoryName=name, tags=tag_list(properties), imageTagMutability=properties.get("ImageTagMutability", "MUTABLE")
        )
        self._policies(ecr, name, properties)
        return self._made(name)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        name = properties.get("RepositoryName")
        found = [r["repositoryName"] for r in context.client("ecr").describe_repositories()["repositories"]]
        return self._made(str(name)) if name in found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        ecr = context.client("ecr")
        ecr.put_image_tag_mutability(repositoryName=id, imageTagMutability=new.get("ImageTagMutability", "MUTABLE"))
        self._policies(ecr, id, new)
        return self._made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("ecr").delete_repository(repositoryName=id, force=bool(properties.get("EmptyOnDelete")))

    @staticmethod
    def _policies(ecr: Any, name: str, properties: dict[str, Any]) -> None:
        if text := properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText"):
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
        if policy := properties.get("RepositoryPolicyText"):
            ecr.set_repository_policy(repositoryName=name, policyText=policy if isinstance(policy, str) else json.dumps(policy))

    @staticmethod
    def _made(name: str) -> Made:
        uri = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"
        return Made(name, {"Arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}", "RepositoryUri": uri})
