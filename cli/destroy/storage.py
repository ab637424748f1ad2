"""Buckets with every version of every object, the state table, the key."""

from typing import Any

from cli.collect import Client
from cli.destroy.kinds import Kind, pages
from interfaces.names import Names

ROLES = ("landing", "data", "artefacts", "logs")
_GOING = ("PendingDeletion", "PendingReplicaDeletion")
# the shortest that KMS allows
_KEY_WINDOW_DAYS = 7


def bucket_names(client: Client, names: Names) -> list[str]:
    """Those of our buckets that exist."""
    account, region = client("sts").get_caller_identity()["Account"], client("s3").meta.region_name
    ours = {names.bucket(role, account, region) for role in ROLES}
    return sorted(b["Name"] for b in client("s3").list_buckets()["Buckets"] if b["Name"] in ours)


def _filled(client: Client, names: Names) -> list[str]:
    s3 = client("s3")
    return [bucket for bucket in bucket_names(client, names) if _versions(s3, bucket, 1) or _uploads(s3, bucket)]


def _empty(client: Client, bucket: str) -> None:
    """Every version, every delete marker, every upload that was never finished."""
    s3 = client("s3")
    while batch := _versions(s3, bucket, 1000):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for fault in answer.get("Errors", [])[:1]:
            raise RuntimeError(f"s3://{bucket}/{fault['Key']} cannot be deleted: {fault.get('Code')} {fault.get('Message')}")
    for upload in _uploads(s3, bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _versions(s3: Any, bucket: str, limit: int) -> list[dict[str, str]]:
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=limit)
    listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in listed]


def _uploads(s3: Any, bucket: str) -> list[dict[str, Any]]:
    return list(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []))


def _tables(client: Client, names: Names) -> list[str]:
    return [t for t in pages(client("dynamodb"), "list_tables", "TableNames") if t == names.state_table]


def _aliases(client: Client, names: Names) -> list[str]:
    return [a["AliasName"] for a in pages(client("kms"), "list_aliases", "Aliases") if a["AliasName"] == f"alias/{names.prefix}"]


def _keys(client: Client, names: Names) -> list[str]:
    """Keys are known by their description: once the stack is gone nothing else names them."""
    kms = client("kms")
    described = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in pages(kms, "list_keys", "Keys")]
    ours = [k for k in described if k.get("Description") == f"Encrypts the data of {names.prefix}"]
    return [k["KeyId"] for k in ours if k["KeyState"] not in _GOING]


CONTENTS = Kind("filled buckets", _filled, _empty)
BUCKETS = Kind("buckets", bucket_names, lambda c, n: c("s3").delete_bucket(Bucket=n))
TABLES = Kind("tables", _tables, lambda c, n: c("dynamodb").delete_table(TableName=n))
ALIASES = Kind("key aliases", _aliases, lambda c, n: c("kms").delete_alias(AliasName=n))
KEYS = Kind("keys", _keys, lambda c, n: c("kms").schedule_key_deletion(KeyId=n, PendingWindowInDays=_KEY_WINDOW_DAYS))
