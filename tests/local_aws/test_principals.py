"""Sessions keep their credentials while they are used; the ones unused for longest make room."""

from local_aws.principals import ADMIN, ADMIN_KEY, Principals

ROLE = "arn:aws:iam::123456789012:role/tester"


def test_the_sessions_used_last_keep_their_credentials() -> None:
    principals = Principals(sessions=2)
    service = principals.service("events.amazonaws.com")
    first, second = principals.assume(ROLE, "first"), principals.assume(ROLE, "second")
    assert principals.of(first.access_key)  # it is used
    third = principals.assume(ROLE, "third")
    known = [principals.of(c.access_key) for c in (first, second, third)]
    assert [p and p.arn.rsplit("/", 1)[-1] for p in known] == ["first", None, "third"]
    assert principals.assume(ROLE, "first") == first
    assert principals.assume(ROLE, "second") != second
    assert principals.of(service.access_key) and principals.of(ADMIN_KEY) == ADMIN
