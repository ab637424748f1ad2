"""What an account has of Lambda and may have: the limits that a new account of a large region begins with."""

from collections.abc import Callable
from typing import Any

from local_aws.dispatcher import Call, operation

LIMITS = {
    "TotalCodeSize": 80_530_636_800,
    "CodeSizeUnzipped": 262_144_000,
    "CodeSizeZipped": 52_428_800,
    "ConcurrentExecutions": 1000,
    "UnreservedConcurrentExecutions": 1000,
}


class AccountSettings:
    """``sizes`` tells the code sizes of the functions that there are. Nothing here is held back by a limit."""

    kept: tuple[str, ...] = ()

    def __init__(self, sizes: Callable[[], list[int]]) -> None:
        self._sizes = sizes

    @operation("lambda", "GetAccountSettings")
    def get(self, _: Call) -> dict[str, Any]:
        sizes = self._sizes()
        return {"AccountLimit": LIMITS, "AccountUsage": {"TotalCodeSize": sum(sizes), "FunctionCount": len(sizes)}}
