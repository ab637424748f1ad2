"""S3 into and out of a job's sandbox, as the job's role."""

import json
import os
from pathlib import Path
from typing import Any


class TransferError(Exception):
    """An input is missing or cannot be read: the job fails with this reason."""


def split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def download(s3: Any, uri: str, folder: Path, *, optional: bool = False) -> int:
    """Everything under an S3 prefix into a folder, as SageMaker's File mode lays it out; returns the number of files.

    A prefix that is itself an object gives one file; otherwise names are relative to the prefix. Raises
    TransferError where there is nothing, unless the files are ``optional``.
    """
    bucket, prefix = split(uri)
    folder.mkdir(parents=True, exist_ok=True)
    keys = _keys(s3, bucket, prefix, uri)
    for key in keys:
        relative = key.rsplit("/", 1)[-1] if key == prefix else key[len(prefix) :].lstrip("/")
        if not relative or key.endswith("/"):
            continue
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            s3.download_fileobj(bucket, key, file)
    if not keys and not optional:
        raise TransferError(f"ClientError: Data download failed:No S3 objects found under S3 URL {uri!r}")
    return len(keys)


def download_listed(s3: Any, uri: str, folder: Path) -> int:
    """The objects that a manifest lists (S3DataType ManifestFile), under their names after its prefix; how many there are.

    The manifest is ``[{"prefix": "s3://bucket/some/"}, "relative/key", ...]`` (CreateProcessingJob, ProcessingS3Input).
    """
    bucket, key = split(uri)
    try:
        manifest = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        source, prefix = split(manifest[0]["prefix"])
        names = [str(name) for name in manifest[1:]]
    except Exception as error:
        raise TransferError(f"ClientError: Data download failed:{error!r} (manifest {uri})") from None
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("wb") as file:
                s3.download_fileobj(source, prefix + name, file)
        except Exception as error:
            raise TransferError(f"ClientError: Data download failed:{error} (s3://{source}/{prefix}{name}, listed in {uri})") from None
    return len(names)


def upload(s3: Any, folder: Path, uri: str) -> int:
    """A folder to an S3 prefix; returns the number of files."""
    bucket, prefix = split(uri)
    count = 0
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(root) / name
            key = f"{prefix.rstrip('/')}/{path.relative_to(folder).as_posix()}"
            s3.upload_file(str(path), bucket, key)
            count += 1
    return count


def _keys(s3: Any, bucket: str, prefix: str, uri: str) -> list[str]:
    keys: list[str] = []
    token: dict[str, str] = {}
    while True:
        try:
            answer = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, **token)
        except Exception as error:
            raise TransferError(f"ClientError: Data download failed:{error} ({uri})") from None
        keys += [item["Key"] for item in answer.get("Contents", [])]
        if not answer.get("IsTruncated"):
            return keys
        token = {"ContinuationToken": answer["NextContinuationToken"]}
