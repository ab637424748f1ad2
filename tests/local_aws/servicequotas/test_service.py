"""Quotas of SageMaker are listed by page, as they are set."""

import pytest
from botocore.exceptions import ClientError

from local_aws.aws import LocalAws


def test_quotas_are_listed_as_set(aws: LocalAws) -> None:
    aws.quotas.values["ml.m5.large for endpoint usage"] = 3.0
    pages = aws.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    found = {q["QuotaName"]: q["Value"] for page in pages for q in page["Quotas"]}
    assert found == aws.quotas.values and found["ml.m5.large for endpoint usage"] == 3.0


def test_another_service_has_none(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="no quotas of the service ec2"):
        aws.client("service-quotas").list_service_quotas(ServiceCode="ec2")
