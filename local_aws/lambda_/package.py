"""Deployment packages: where they come from, and what they hold."""

import shutil
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from local_aws.clients import Clients
from local_aws.errors import AwsError, validation


def fetch(clients: Clients, code: dict[str, Any]) -> bytes:
    """A deployment package, from the request or from S3. Raises AwsError."""
    if "ZipFile" in code:
        return bytes(code["ZipFile"])
    if "S3Bucket" not in code:
        raise validation("Please provide a source for function code.")
    s3 = clients.service("s3", "lambda.amazonaws.com")
    try:
        return bytes(s3.get_object(Bucket=code["S3Bucket"], Key=code["S3Key"])["Body"].read())
    except Exception as error:
        raise AwsError(
            "InvalidParameterValueException", f"Error occurred while GetObject. s3://{code['S3Bucket']}/{code['S3Key']}: {error}"
        ) from None


def unpack(content: bytes, folder: Path) -> None:
    """Unpack a deployment package. Raises AwsError."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if folder.exists():
                shutil.rmtree(folder)
            archive.extractall(folder)
    except zipfile.BadZipFile:
        message = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise AwsError("InvalidParameterValueException", message) from None
