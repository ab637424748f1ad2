"""Lists of input files for jobs."""

import json
from collections.abc import Sequence
from typing import Any


def write(s3: Any, bucket: str, key: str, names: Sequence[str], root: str = "") -> str:
    """A manifest (S3DataType ManifestFile) of keys of a bucket, by their names below ``root``; its URI, or nothing for no files."""
    if not names:
        return ""
    content = [{"prefix": f"s3://{bucket}/{root}"}, *(name.removeprefix(root) for name in names)]
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())
    return f"s3://{bucket}/{key}"
