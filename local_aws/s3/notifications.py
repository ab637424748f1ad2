"""S3 object events onto the bus, for buckets that have EventBridge switched on."""

import re
import secrets
from typing import Any

from local_aws.clients import Clients
from local_aws.dispatcher import Call, after, operation
from local_aws.errors import Unsupported
from local_aws.events.service import Events
from local_aws.moto_seam import HttpResponse
from local_aws.principals import ACCOUNT

_TARGETS = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")


class BucketNotifications:
    """Keeps notification configurations and bucket policies (moto would misread both) and sends object events."""

    kept = ("_enabled", "policies", "_sequence")

    def __init__(self, events: Events, clients: Clients) -> None:
        self._events, self._clients = events, clients
        self._enabled: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, str] = {}
        self._sequence = 0

    @operation("s3", "PutBucketNotificationConfiguration")
    def put(self, call: Call) -> None:
        configuration = call.params["NotificationConfiguration"]
        for kind in _TARGETS:
            if configuration.get(kind):
                raise Unsupported(f"S3 {kind}; use EventBridge")
        self._enabled[call.params["Bucket"]] = configuration

    @operation("s3", "GetBucketNotificationConfiguration")
    def get(self, call: Call) -> dict[str, Any]:
        return self._enabled.get(call.params["Bucket"], {})

    @after("s3", "PutObject")
    def object_put(self, call: Call, response: HttpResponse) -> None:
        self._created(call, response, "PutObject", len(call.request.body))

    @after("s3", "CompleteMultipartUpload")
    def object_completed(self, call: Call, response: HttpResponse) -> None:
        self._created(call, response, "CompleteMultipartUpload", None)

    @after("s3", "CopyObject")
    def object_copied(self, call: Call, response: HttpResponse) -> None:
        self._created(call, response, "CopyObject", None)

    @after("s3", "DeleteObject")
    def object_deleted(self, call: Call, response: HttpResponse) -> None:
        if self._on(call.params["Bucket"]):
            headers = {k.lower(): v for k, v in response.headers.items()}
            version = call.params.get("VersionId") or headers.get("x-amz-version-id")
            item = {"key": call.params["Key"], "sequencer": self._next(), **({"version-id": version} if version else {})}
            detail = self._detail(call, item, "DeleteObject")
            marker = "x-amz-delete-marker" in headers and "VersionId" not in call.params
            detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
            self._events.emit("aws.s3", "Object Deleted", detail, [f"arn:aws:s3:::{call.params['Bucket']}"])

    @after("s3", "DeleteBucket")
    def bucket_deleted(self, call: Call, _: HttpResponse) -> None:
        """A bucket of the same name starts afresh."""
        self._enabled.pop(call.params["Bucket"], None)
        self.policies.pop(call.params["Bucket"], None)

    def _created(self, call: Call, response: HttpResponse, reason: str, size: int | None) -> None:
        bucket, key = call.params["Bucket"], call.params["Key"]
        if not self._on(bucket):
            return
        if size is None or "aws-chunked" in str(call.params.get("ContentEncoding", "")):
            size = self._clients.service("s3", "s3.amazonaws.com").head_object(Bucket=bucket, Key=key)["ContentLength"]
        headers = {k.lower(): v for k, v in response.headers.items()}
        etag = headers.get("etag") or next(iter(re.findall(r"<ETag>(.*?)</ETag>", response.body.decode(errors="replace"))), "")
        item: dict[str, Any] = {"key": key, "size": size, "etag": etag.replace("&quot;", "").strip('"')}
        if headers.get("x-amz-version-id"):
            item["version-id"] = headers["x-amz-version-id"]
        item["sequencer"] = self._next()
        self._events.emit("aws.s3", "Object Created", self._detail(call, item, reason), [f"arn:aws:s3:::{bucket}"])

    def _next(self) -> str:
        self._sequence += 1
        return f"{self._sequence:018X}"

    def _on(self, bucket: str) -> bool:
        return "EventBridgeConfiguration" in self._enabled.get(bucket, {})

    def _detail(self, call: Call, item: dict[str, Any], reason: str) -> dict[str, Any]:
        return {
            "version": "0",
            "bucket": {"name": call.params["Bucket"]},
            "object": item,
            "request-id": secrets.token_hex(8).upper(),
            "requester": ACCOUNT,
            "source-ip-address": "127.0.0.1",
            "reason": reason,
        }

    @operation("s3", "PutBucketPolicy")
    def put_policy(self, call: Call) -> None:
        self.policies[call.params["Bucket"]] = call.params["Policy"]

    @operation("s3", "GetBucketPolicy")
    def get_policy(self, call: Call) -> HttpResponse:
        policy = self.policies.get(call.params["Bucket"])
        if policy is None:
            return HttpResponse(
                404,
                {"Content-Type": "application/xml"},
                b"<Error><Code>NoSuchBucketPolicy</Code><Message>The bucket policy does not exist</Message></Error>",
            )
        return HttpResponse(200, {"Content-Type": "application/json"}, policy.encode())

    @operation("s3", "DeleteBucketPolicy")
    def delete_policy(self, call: Call) -> None:
        self.policies.pop(call.params["Bucket"], None)
