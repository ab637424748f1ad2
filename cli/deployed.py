"""What is deployed, as far as it decides what can be deployed next."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from interfaces.names import VARIANT


def scaled_on(client: Callable[[str], Any], endpoint: str) -> str:
    """The instance type on which a real-time endpoint scales by itself; empty where it does not, or is not there."""
    sagemaker = client("sagemaker")
    try:
        config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        return ""
    resource = f"endpoint/{endpoint}/variant/{VARIANT}"
    targets = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])
    if not targets["ScalableTargets"]:
        return ""
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    return next((str(v["InstanceType"]) for v in variants if v["VariantName"] == VARIANT and "InstanceType" in v), "")
