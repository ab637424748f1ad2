"""Sign a decision: the headers of an ``sts:GetCallerIdentity`` request that only the shell's credentials could have made.

`interfaces/decisions.py` says why; the decide function sends the request and learns from STS who signed it.
"""

from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from cli.errors import CliError
from interfaces.decisions import DECISION_HEADER, IDENTITY_BODY, IDENTITY_TYPE, PROOF_HEADERS, statement


def sign(session: Any, sts_url: str, package: str, decision: str, reason: str) -> dict[str, str]:
    """The proof's headers. ``session`` is a boto3 session, ``sts_url`` the address of its STS. Raises CliError without credentials."""
    credentials = session.get_credentials()
    if credentials is None:
        raise CliError("no AWS credentials in this shell; a decision is signed with them (aws configure, or AWS_PROFILE)")
    headers = {"Content-Type": IDENTITY_TYPE, DECISION_HEADER: statement(package, decision, reason)}
    request = AWSRequest("POST", f"{sts_url.rstrip('/')}/", headers=headers, data=IDENTITY_BODY.encode())
    SigV4Auth(credentials.get_frozen_credentials(), "sts", session.region_name).add_auth(request)
    return {name: request.headers[name] for name in PROOF_HEADERS if name in request.headers}
