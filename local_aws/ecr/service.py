"""ECR, of which AWS's own image registries are seen: a pull by tag of an image that the local AWS can stand in for."""

import json
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError
from local_aws.images.registry import CONTAINER_IMAGES
from local_aws.principals import ACCOUNT, REGION


class Ecr:
    """BatchGetImage of a foreign registry; everything about this account's own repositories is moto's."""

    kept: tuple[str, ...] = ()

    @operation("ecr", "BatchGetImage")
    def batch_get_image(self, call: Call) -> Any:
        params = call.params
        registry, repository = params.get("registryId", ACCOUNT), params["repositoryName"]
        if registry == ACCOUNT:
            return call.forward()
        found, absent = [], []
        for id in params["imageIds"]:
            uri = f"{registry}.dkr.ecr.{REGION}.amazonaws.com/{repository}:{id.get('imageTag', '')}"
            if any(entry.pattern.match(uri) for entry in CONTAINER_IMAGES):
                manifest = json.dumps({"schemaVersion": 2, "config": {}, "layers": []})
                image = {"registryId": registry, "repositoryName": repository, "imageId": id, "imageManifest": manifest}
                found.append(image)
            else:
                absent.append({"imageId": id, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"})
        if not found and not any(f"/{repository}:" in entry.pattern.pattern.replace("\\", "") for entry in CONTAINER_IMAGES):
            raise AwsError(
                "RepositoryNotFoundException",
                f"The repository with name '{repository}' does not exist in the registry with id '{registry}'",
            )
        return {"images": found, "failures": absent}
