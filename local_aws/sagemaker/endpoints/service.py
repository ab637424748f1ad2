"""Endpoint operations. The runtime's InvokeEndpoint is in sagemaker/runtime.py."""

from collections.abc import Sequence
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import validation
from local_aws.sagemaker.endpoints.checks import check_alarms, check_change
from local_aws.sagemaker.endpoints.deployment import Deployment
from local_aws.sagemaker.endpoints.endpoint import BUSY, Endpoint
from local_aws.sagemaker.endpoints.fleet import launch, serverless
from local_aws.sagemaker.endpoints.plan import Plan, plan
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.models import Models
from local_aws.sagemaker.names import arn


class Endpoints:
    """Create, update with guardrails and rollback, delete, describe."""

    kept: tuple[str, ...] = ()  # what serves is created again from its config

    def __init__(self, world: World, models: Models) -> None:
        self._world, self._models = world, models
        self._endpoints: dict[str, Endpoint] = {}

    def close(self) -> None:
        for endpoint in self._endpoints.values():
            for fleet in (endpoint.fleet, endpoint.green):
                if fleet:
                    fleet.close()

    @operation("sagemaker", "CreateEndpoint")
    def create(self, call: Call) -> dict[str, Any]:
        name = call.params["EndpointName"]
        if name in self._endpoints:
            raise validation(f'Cannot create already existing endpoint "{arn("endpoint", name)}".')
        config = self._models.config(call.params["EndpointConfigName"])
        variants = config["ProductionVariants"]
        plan(call.params.get("DeploymentConfig"), variants, variants)  # nothing to shift yet, but it must be one that AWS takes
        now = self._world.clock.now()
        endpoint = self._endpoints[name] = Endpoint(name, "Creating", config["EndpointConfigName"], now, now)
        endpoint.deployment = call.params.get("DeploymentConfig")
        self._deploy(endpoint, config, Plan())
        return {"EndpointArn": arn("endpoint", name)}

    @operation("sagemaker", "UpdateEndpoint")
    def update(self, call: Call) -> dict[str, Any]:
        params = call.params
        endpoint = self.endpoint(params["EndpointName"])
        config = self._models.config(params["EndpointConfigName"])
        deployment = params.get("DeploymentConfig") or (endpoint.deployment if params.get("RetainDeploymentConfig") else None)
        with endpoint.lock:
            if endpoint.status in BUSY:
                raise validation(f'Cannot update in-progress endpoint "{arn("endpoint", endpoint.name)}".')
            old = endpoint.fleet.variants if endpoint.fleet else config["ProductionVariants"]
            check_change(self._world, endpoint.name, old, config["ProductionVariants"])
            made = plan(deployment, old, config["ProductionVariants"])
            check_alarms(self._world, made.alarms)
            endpoint.status, endpoint.deployment = "Updating", deployment
            if not params.get("RetainAllVariantProperties"):
                endpoint.desired = {}
        self._deploy(endpoint, config, made)
        return {"EndpointArn": arn("endpoint", endpoint.name)}

    @operation("sagemaker", "UpdateEndpointWeightsAndCapacities")
    def update_weights(self, call: Call) -> dict[str, Any]:
        endpoint = self.endpoint(call.params["EndpointName"])
        with endpoint.lock:
            if endpoint.status != "InService" or endpoint.fleet is None:
                raise validation(f'Cannot update in-progress endpoint "{arn("endpoint", endpoint.name)}".')
            known = {v["VariantName"]: v for v in endpoint.fleet.variants}
            for wanted in call.params["DesiredWeightsAndCapacities"]:
                variant = known.get(wanted["VariantName"])
                if variant is None:
                    raise validation(f'Could not find variant "{wanted["VariantName"]}".')
                if serverless(variant) and "DesiredInstanceCount" in wanted:
                    raise validation("DesiredInstanceCount is not for serverless variants.")
            for wanted in call.params["DesiredWeightsAndCapacities"]:
                given = {k: v for k, v in wanted.items() if k != "VariantName"}
                endpoint.desired[wanted["VariantName"]] = {**endpoint.desired.get(wanted["VariantName"], {}), **given}
            endpoint.modified = self._world.clock.now()
        for status in ("Updating", "InService"):
            endpoint.status = status
            self._changed(endpoint)
        return {"EndpointArn": arn("endpoint", endpoint.name)}

    @operation("sagemaker", "DeleteEndpoint")
    def delete(self, call: Call) -> None:
        endpoint = self.endpoint(call.params["EndpointName"])
        with endpoint.lock:
            if endpoint.status in ("Creating", "Updating", "RollingBack"):
                raise validation(f'Cannot update in-progress endpoint "{arn("endpoint", endpoint.name)}".')
            endpoint.status = "Deleting"
        self._changed(endpoint)
        fleet, endpoint.fleet = endpoint.fleet, None
        if fleet:
            fleet.close()
        del self._endpoints[endpoint.name]

    @operation("sagemaker", "DescribeEndpoint")
    def describe(self, call: Call) -> dict[str, Any]:
        return self.endpoint(call.params["EndpointName"]).describe()

    @operation("sagemaker", "ListEndpoints")
    def list(self, call: Call) -> dict[str, Any]:
        keys = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        listing = Listing("ListEndpoints", "Endpoints", "EndpointName", "EndpointStatus")
        return listing.page([e.describe() for e in self.all()], call.params, keys)

    def endpoint(self, name: str) -> Endpoint:
        """Raises AwsError."""
        if name not in self._endpoints:
            raise validation(f'Could not find endpoint "{arn("endpoint", name)}".')
        return self._endpoints[name]

    def find(self, name: str) -> Endpoint | None:
        return self._endpoints.get(name)

    def all(self) -> Sequence[Endpoint]:
        return list(self._endpoints.values())

    def _deploy(self, endpoint: Endpoint, config: dict[str, Any], made: Plan) -> None:
        start = lambda: launch(self._world, self._models, endpoint.name, config)  # noqa: E731
        variants = [{"VariantName": v["VariantName"]} for v in config["ProductionVariants"]]
        endpoint.pending = {
            "EndpointConfigName": config["EndpointConfigName"],
            "ProductionVariants": variants,
            "StartTime": self._world.clock.now(),
        }
        self._changed(endpoint)
        self._world.background.submit(Deployment(self._world, endpoint, config, made, start, self._changed).run)

    def _changed(self, endpoint: Endpoint) -> None:
        """SageMaker Endpoint State Change, as documented: the status in capitals. Whoever waits for the endpoint looks again."""
        detail: dict[str, Any] = {
            "EndpointName": endpoint.name,
            "EndpointArn": arn("endpoint", endpoint.name),
            "EndpointConfigName": endpoint.config_name,
            "EndpointStatus": {"InService": "IN_SERVICE", "RollingBack": "ROLLING_BACK"}.get(endpoint.status, endpoint.status.upper()),
            "CreationTime": int(endpoint.created.timestamp() * 1000),
            "LastModifiedTime": int(self._world.clock.timestamp() * 1000),
            "Tags": {},
        }
        if endpoint.failure:
            detail["FailureReason"] = endpoint.failure
        self._world.events.emit("aws.sagemaker", "SageMaker Endpoint State Change", detail, [arn("endpoint", endpoint.name)])
        self._world.background.poke()
