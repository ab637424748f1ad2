"""Reads the evaluation that a package names."""

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from interfaces.layout import split_uri
from lambdas.shared.tools import logger

_GONE = ("NoSuchKey", "404", "AccessDenied")


def read_report(s3: Any, package: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(the evaluation, its uri and sha256); both empty where there is none to read, which no gate lets pass.

    Other faults are raised: Lambda tries again.
    """
    try:
        uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        bucket, key = split_uri(uri)
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return dict(json.loads(body)), {"uri": uri, "sha256": hashlib.sha256(body).hexdigest()}
    except (KeyError, ValueError, TypeError) as error:
        logger.warning("no evaluation on the package", error=str(error))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise
        logger.warning("the evaluation cannot be read", error=str(error))
    return {}, {}
