"""Who signed: the caller's request is sent to STS, to the function's own endpoint, and STS says whose signature it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.parsers import create_parser

from interfaces.decisions import IDENTITY_BODY, IDENTITY_TYPE
from lambdas.decide.errors import Refused


@dataclass(frozen=True)
class Identity:
    """As STS answered."""

    arn: str
    account: str


def who_signed(sts: Any, proof: Mapping[str, str]) -> Identity:
    """Raises Refused when STS does not vouch for the signature, RuntimeError when STS cannot answer.

    Address and body are ours: a caller cannot have another server answer, or another operation be called.
    """
    headers = {**proof, "Content-Type": IDENTITY_TYPE}
    request = AWSRequest("POST", f"{sts.meta.endpoint_url}/", headers=headers, data=IDENTITY_BODY.encode())
    answer = URLLib3Session(timeout=10).send(request.prepare())
    operation = sts.meta.service_model.operation_model("GetCallerIdentity")
    found = {"status_code": answer.status_code, "headers": answer.headers, "body": answer.content}
    parsed = create_parser(sts.meta.service_model.protocol).parse(found, operation.output_shape)
    if answer.status_code >= 500:
        raise RuntimeError(f"STS answered {answer.status_code}")
    if answer.status_code != 200:
        error = parsed.get("Error", {})
        raise Refused(f"STS does not vouch for the signature: {error.get('Code', answer.status_code)} {error.get('Message', '')}")
    return Identity(parsed["Arn"], parsed["Account"])
