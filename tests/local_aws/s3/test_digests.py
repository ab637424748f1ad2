"""Digests of objects: what arrives is what was sent, or it is refused."""

import base64
import hashlib
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.moto_seam import HttpRequest
from tests.local_aws.support import get, refusal

BODY = b"abc"


def base(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ContentMD5": base(hashlib.md5(b"other").digest())}, "BadDigest"),
        ({"ContentMD5": "AAAA"}, "InvalidDigest"),
        ({"ContentMD5": "not base64"}, "InvalidDigest"),
        ({"ChecksumSHA256": base(hashlib.sha256(b"other").digest())}, "BadDigest"),
        ({"ChecksumSHA256": "AAAA"}, "InvalidRequest"),
        ({"ChecksumSHA1": base(hashlib.sha1(b"other").digest())}, "BadDigest"),
        ({"ChecksumCRC32": "AAAAAA=="}, "BadDigest"),
    ],
)
def test_a_body_that_is_not_what_its_digest_says_is_refused_and_not_stored(aws: LocalAws, given: dict[str, Any], code: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="data", Key="digest", Body=b"before")
    assert refusal(lambda: s3.put_object(Bucket="data", Key="digest", Body=BODY, **given))[0] == code
    assert get(aws, "digest") == b"before"
    upload = s3.create_multipart_upload(Bucket="data", Key="parts")["UploadId"]
    part = {"Bucket": "data", "Key": "parts", "UploadId": upload, "PartNumber": 1}
    assert refusal(lambda: s3.upload_part(**part, Body=BODY, **given))[0] == code


@pytest.mark.parametrize(
    "given",
    [
        {"ContentMD5": base(hashlib.md5(BODY).digest())},
        {"ChecksumSHA256": base(hashlib.sha256(BODY).digest())},
        {"ChecksumSHA1": base(hashlib.sha1(BODY).digest())},
        *({"ChecksumAlgorithm": name} for name in ("CRC32", "SHA1", "SHA256")),
    ],
)
def test_a_body_with_its_own_digest_is_stored(aws: LocalAws, given: dict[str, Any]) -> None:
    aws.client("s3").put_object(Bucket="data", Key="right", Body=BODY, **given)
    assert get(aws, "right") == BODY


@pytest.mark.parametrize(("digest", "status"), [(hashlib.sha256(BODY).digest(), 200), (hashlib.sha256(b"x").digest(), 400)])
@pytest.mark.parametrize("signed", ["", ";chunk-signature=00"])
def test_a_checksum_may_follow_a_body_in_chunks(aws: LocalAws, digest: bytes, status: int, signed: str) -> None:
    url = aws.client("s3").generate_presigned_url("put_object", Params={"Bucket": "data", "Key": "chunks"})
    payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" if signed else "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    headers = {
        "Host": "s3.us-east-1.amazonaws.com",
        "Content-Encoding": "aws-chunked",
        "x-amz-content-sha256": payload,
        "x-amz-trailer": "x-amz-checksum-sha256",
        "x-amz-decoded-content-length": "3",
    }
    body = f"3{signed}\r\nabc\r\n0{signed}\r\nx-amz-checksum-sha256:{base(digest)}\r\n\r\n".encode()
    assert aws.dispatcher.handle(HttpRequest("PUT", url, headers, body)).status == status
    if status == 200:
        assert get(aws, "chunks") == BODY
