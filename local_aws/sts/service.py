"""STS: who am I, and sessions of roles."""

from datetime import timedelta
from typing import Any

from local_aws.clock import Clock
from local_aws.dispatcher import Call, operation
from local_aws.principals import ACCOUNT, Principals


class Sts:
    """GetCallerIdentity and AssumeRole, against the principals of the local AWS."""

    kept: tuple[str, ...] = ()

    def __init__(self, principals: Principals, clock: Clock) -> None:
        self._principals, self._clock = principals, clock

    @operation("sts", "GetCallerIdentity")
    def identity(self, call: Call) -> dict[str, Any]:
        return {"UserId": call.principal.arn.rsplit("/", 1)[-1], "Account": ACCOUNT, "Arn": call.principal.arn}

    @operation("sts", "AssumeRole")
    def assume(self, call: Call) -> dict[str, Any]:
        session = call.params["RoleSessionName"]
        credentials = self._principals.assume(call.params["RoleArn"], session)
        role = call.params["RoleArn"].rsplit("/", 1)[-1]
        return {
            "Credentials": {
                "AccessKeyId": credentials.access_key,
                "SecretAccessKey": credentials.secret_key,
                "SessionToken": credentials.session_token,
                "Expiration": self._clock.now() + timedelta(seconds=call.params.get("DurationSeconds", 3600)),
            },
            "AssumedRoleUser": {"AssumedRoleId": f"AROA:{session}", "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"},
        }
