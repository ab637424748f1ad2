"""Models and endpoint configs: what an endpoint is made of. What they name must exist."""

import re
from dataclasses import dataclass
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import Unsupported, validation
from local_aws.images.registry import container_image
from local_aws.sagemaker import options
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.names import arn
from local_aws.sagemaker.registry import Registry
from local_aws.sagemaker.transfer import split

_REFUSED_VARIANT = ("InferenceAmiVersion", "RoutingConfig", "ManagedInstanceScaling", "CapacityReservationConfig")


# families with NVMe storage on the instance (Amazon EC2 instance types)
_LOCAL_STORAGE = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6|g6e|p4d|p4de|p5|p5e|p5en|trn1|trn1n|trn2|dl1)\.")


def local_storage(instance_type: str) -> bool:
    """Whether an instance type keeps its volume on the instance, where a key cannot be chosen."""
    return _LOCAL_STORAGE.match(instance_type) is not None


@dataclass(frozen=True)
class Container:
    """A model's container, resolved: image, artefact and environment."""

    image: str
    model_data: str
    environment: dict[str, str]


class Models:
    """CreateModel, CreateEndpointConfig and their kin."""

    kept = ("_models", "_configs")

    def __init__(self, world: World, registry: Registry) -> None:
        self._world, self._registry = world, registry
        self._models: dict[str, dict[str, Any]] = {}
        self._configs: dict[str, dict[str, Any]] = {}

    @operation("sagemaker", "CreateModel")
    def create_model(self, call: Call) -> dict[str, Any]:
        params = {k: v for k, v in call.params.items() if k != "Tags"}
        name = params["ModelName"]
        if name in self._models:
            raise validation(f'Cannot create already existing model "{arn("model", name)}".')
        options.check("CreateModel", params, container_image)
        if "ExecutionRoleArn" not in params:
            raise validation("ExecutionRoleArn is required")
        self._world.check_role(params["ExecutionRoleArn"])
        containers = (
            params.get("Containers") or [params["PrimaryContainer"]] if "PrimaryContainer" in params or "Containers" in params else []
        )
        if len(containers) != 1:
            raise Unsupported(f"models of {len(containers)} containers")
        resolved = self._resolve(containers[0])
        container_image(resolved.image)
        bucket, key = split(resolved.model_data)
        try:
            self._world.clients.role("s3", params["ExecutionRoleArn"], "SageMaker").head_object(Bucket=bucket, Key=key)
        except Exception:
            raise validation(f"Could not find model data at {resolved.model_data}.") from None
        self._models[name] = {**params, "ModelArn": arn("model", name), "CreationTime": self._world.clock.now(), "_container": resolved}
        return {"ModelArn": arn("model", name)}

    @operation("sagemaker", "DescribeModel")
    def describe_model(self, call: Call) -> dict[str, Any]:
        return {k: v for k, v in self.model(call.params["ModelName"]).items() if not k.startswith("_")}

    @operation("sagemaker", "ListModels")
    def list_models(self, call: Call) -> dict[str, Any]:
        listing = Listing("ListModels", "Models", "ModelName")
        return listing.page(list(self._models.values()), call.params, ("ModelName", "ModelArn", "CreationTime"))

    @operation("sagemaker", "DeleteModel")
    def delete_model(self, call: Call) -> None:
        self.model(call.params["ModelName"])
        del self._models[call.params["ModelName"]]

    @operation("sagemaker", "CreateEndpointConfig")
    def create_config(self, call: Call) -> dict[str, Any]:
        params = {k: v for k, v in call.params.items() if k != "Tags"}
        name = params["EndpointConfigName"]
        if name in self._configs:
            raise validation(f'Cannot create already existing endpoint configuration "{arn("endpoint-config", name)}".')
        for refused in ("AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig"):
            if params.get(refused):
                raise Unsupported(f"endpoint configs with {refused}")
        for variant in params["ProductionVariants"]:
            for refused in _REFUSED_VARIANT:
                if variant.get(refused):
                    raise Unsupported(f"production variants with {refused}")
            if variant.get("ModelName") not in self._models:
                raise validation(f'Could not find model "{arn("model", str(variant.get("ModelName")))}".')
            self._check_hosting(variant, params)
        self._configs[name] = {**params, "EndpointConfigArn": arn("endpoint-config", name), "CreationTime": self._world.clock.now()}
        return {"EndpointConfigArn": arn("endpoint-config", name)}

    def _check_hosting(self, variant: dict[str, Any], params: dict[str, Any]) -> None:
        """What goes with instances and what with serverless inference (its feature exclusions). Raises AwsError."""
        config = variant.get("ServerlessConfig")
        if config is None:
            if not variant.get("InstanceType"):
                raise validation(f"Production variant {variant['VariantName']} needs an InstanceType or a ServerlessConfig.")
            if params.get("KmsKeyId") and local_storage(variant["InstanceType"]):
                raise validation(f"KmsKeyId is not for instance types with local storage, such as {variant['InstanceType']}.")
            return
        if variant.get("InstanceType") or variant.get("InitialInstanceCount"):
            raise validation(f"Production variant {variant['VariantName']} has a ServerlessConfig and instances; it takes one of them.")
        if config["MemorySizeInMB"] % 1024:
            raise validation(f"MemorySizeInMB: {config['MemorySizeInMB']}; allowed: 1024, 2048, 3072, 4096, 5120, 6144.")
        if params.get("DataCaptureConfig", {}).get("EnableCapture"):
            raise validation("Data capture is not available for serverless endpoints.")
        if self._models[variant["ModelName"]].get("EnableNetworkIsolation"):
            raise validation("Network isolation is not available for serverless endpoints.")
        if "ProvisionedConcurrency" in config:
            raise Unsupported("production variants with ProvisionedConcurrency")

    @operation("sagemaker", "DescribeEndpointConfig")
    def describe_config(self, call: Call) -> dict[str, Any]:
        return self.config(call.params["EndpointConfigName"])

    @operation("sagemaker", "ListEndpointConfigs")
    def list_configs(self, call: Call) -> dict[str, Any]:
        listing = Listing("ListEndpointConfigs", "EndpointConfigs", "EndpointConfigName")
        return listing.page(list(self._configs.values()), call.params, ("EndpointConfigName", "EndpointConfigArn", "CreationTime"))

    @operation("sagemaker", "DeleteEndpointConfig")
    def delete_config(self, call: Call) -> None:
        self.config(call.params["EndpointConfigName"])
        del self._configs[call.params["EndpointConfigName"]]

    def model(self, name: str) -> dict[str, Any]:
        """Raises AwsError."""
        if name not in self._models:
            raise validation(f'Could not find model "{arn("model", name)}".')
        return self._models[name]

    def config(self, name: str) -> dict[str, Any]:
        """Raises AwsError."""
        if name not in self._configs:
            raise validation(f'Could not find endpoint configuration "{arn("endpoint-config", name)}".')
        return self._configs[name]

    def _resolve(self, container: dict[str, Any]) -> Container:
        if "ModelPackageName" in container:
            package = self._registry.package(container["ModelPackageName"])
            inner = package["InferenceSpecification"]["Containers"][0]
            return Container(inner["Image"], inner["ModelDataUrl"], {**inner.get("Environment", {}), **container.get("Environment", {})})
        if "Image" not in container or "ModelDataUrl" not in container:
            raise Unsupported("models without Image and ModelDataUrl")
        return Container(container["Image"], container["ModelDataUrl"], container.get("Environment", {}))
