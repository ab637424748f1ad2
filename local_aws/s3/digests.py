"""Digests that a client sends along with an object: a body that is not what they say is refused. moto stores it."""

import binascii
import hashlib
import zlib
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO

from local_aws.dispatcher import Call, before
from local_aws.errors import AwsError

# CRC32C and CRC64NVME need more than the standard library: those are not verified
_CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "SHA1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "SHA256": lambda body: hashlib.sha256(body).digest(),
}


class Digests:
    """Content-MD5 and x-amz-checksum-*, in a header or at the end of a body that is sent in chunks."""

    kept: tuple[str, ...] = ()

    @before("s3", "PutObject", "UploadPart")
    def check(self, call: Call) -> None:
        """Raises AwsError."""
        headers = {k.lower(): v for k, v in call.request.headers.items()}
        body = call.request.body
        if given := headers.get("content-md5"):
            if len(digest := _decoded(given)) != 16:
                raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.")
            if digest != hashlib.md5(body, usedforsecurity=False).digest():
                raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.")
        if "aws-chunked" in headers.get("content-encoding", "") or headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            body, trailers = _unchunked(body)
            headers |= trailers
        for name, digest_of in _CHECKSUMS.items():
            if not (given := headers.get(f"x-amz-checksum-{name.lower()}")):
                continue
            expected = digest_of(body)
            if len(digest := _decoded(given)) != len(expected):
                raise AwsError("InvalidRequest", f"Value for x-amz-checksum-{name.lower()} header is invalid.")
            if digest != expected:
                raise AwsError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def _decoded(text: str) -> bytes:
    """Of base64; empty when it is none."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _unchunked(body: bytes) -> tuple[bytes, dict[str, str]]:
    """What was sent in aws-chunked encoding, and the headers that followed it."""
    stream, parts = BytesIO(body), []
    while size := int(stream.readline().split(b";")[0] or b"0", 16):
        parts.append(stream.read(size))
        stream.readline()
    trailers = (line.decode().partition(":") for line in stream.read().splitlines() if b":" in line)
    return b"".join(parts), {name.strip().lower(): value.strip() for name, _, value in trailers}
