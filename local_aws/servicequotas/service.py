"""Service Quotas of SageMaker: what this account may use at once. A setting of the local AWS, which does not enforce it."""

from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError
from local_aws.principals import ACCOUNT, REGION
from local_aws.sagemaker.names import page

# Quotas are named after the instance type and what it is used for
USES = ("endpoint usage", "processing job usage", "training job usage")
INSTANCE_TYPES = ("ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.large", "ml.c5.xlarge")
GIVEN = 20.0


class ServiceQuotas:
    """``values`` are those of this account, ``defaults`` AWS's: name of the quota to its value. Both may be changed."""

    kept: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.values = {f"{kind} for {use}": GIVEN for kind in INSTANCE_TYPES for use in USES}
        self.defaults = dict(self.values)

    @operation("service-quotas", "ListServiceQuotas")
    def list(self, call: Call) -> dict[str, Any]:
        return self._listed(call, self.values)

    @operation("service-quotas", "ListAWSDefaultServiceQuotas")
    def list_defaults(self, call: Call) -> dict[str, Any]:
        return self._listed(call, self.defaults)

    def _listed(self, call: Call, values: dict[str, float]) -> dict[str, Any]:
        service = call.params["ServiceCode"]
        if service != "sagemaker":
            raise AwsError("NoSuchResourceException", f"the local AWS has no quotas of the service {service}", 404)
        found = [
            {
                "ServiceCode": service,
                "ServiceName": "Amazon SageMaker",
                "QuotaName": name,
                "QuotaCode": f"L-{number:08X}",
                "QuotaArn": f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:{service}/L-{number:08X}",
                "Value": value,
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
            }
            for number, (name, value) in enumerate(sorted(values.items()), 1)
        ]
        return page(found, call.params, "Quotas")
