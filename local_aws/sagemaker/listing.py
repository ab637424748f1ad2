"""Lists of SageMaker: filters, order and pages by the members that an operation's request has; what is not done is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_aws.errors import Unsupported, validation
from local_aws.sagemaker.names import page

_COMPARED: dict[str, Callable[[datetime, datetime], bool]] = {"After": datetime.__gt__, "Before": datetime.__lt__}
_PAGING = ("MaxResults", "NextToken", "SortBy", "SortOrder")


@dataclass(frozen=True)
class Listing:
    """A list operation: which members of its items are the name, the status and the times, and its documented defaults."""

    operation: str
    answer: str  # the member that holds the list
    name: str = ""
    status: str = ""
    created: str = "CreationTime"
    by: str = "CreationTime"
    order: str = "Descending"
    equal: Mapping[str, str] = field(default_factory=dict)  # members of the request that a member of an item must equal
    own: frozenset[str] = frozenset()  # what the service has filtered by before

    def page(self, items: Sequence[dict[str, Any]], params: dict[str, Any], shown: Sequence[str] = ()) -> dict[str, Any]:
        """One page of the items that are asked for, each with the members that are shown. Raises AwsError."""
        tests = [self._test(member, value) for member, value in params.items() if member not in (*_PAGING, *self.own)]
        found = [item for item in items if all(test(item) for test in tests)]
        by = params.get("SortBy", self.by)
        keys = {"CreationTime": self.created, "Name": self.name, "Status": self.status}
        key = keys.get(by, by)
        if found and (not key or key not in found[0]):
            raise validation(f"{self.operation} does not sort by {by!r}")
        numbered = sorted(enumerate(found), key=lambda n: (n[1][key], n[0]), reverse=params.get("SortOrder", self.order) == "Descending")
        return page([{k: v for k, v in item.items() if k in shown} if shown else item for _, item in numbered], params, self.answer)

    def _test(self, member: str, value: Any) -> Callable[[dict[str, Any]], bool]:
        """Whether an item passes a filter. Raises Unsupported for one that is not done."""
        if member in self.equal:
            return lambda item: bool(item.get(self.equal[member]) == value)
        if member == "NameContains" and self.name:
            return lambda item: value in item[self.name]
        if member == "StatusEquals" and self.status:
            return lambda item: bool(item[self.status] == value)
        for way, compare in _COMPARED.items():
            what = member.removesuffix(way)
            time = self.created if what in ("CreationTime", "Created") else what
            if what != member and time in (self.created, "LastModifiedTime", "ScheduledTime"):
                moment = value if value.tzinfo else value.replace(tzinfo=UTC)
                return lambda item: compare(item[time], moment)
        raise Unsupported(f"{self.operation} with {member}")
