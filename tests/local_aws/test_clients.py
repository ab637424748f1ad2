"""Clients are made once for a principal and kept while they are used."""

from local_aws.aws import LocalAws
from local_aws.clients import _MOST
from tests.local_aws.support import ROLE


def test_the_clients_used_last_are_kept_and_one_let_go_of_still_works(aws: LocalAws) -> None:
    clients = aws.clients
    admin, first = clients.admin("sts"), clients.role("sts", ROLE, "first")
    assert clients.role("sts", ROLE, "first") is first
    for number in range(_MOST):
        clients.role("sts", ROLE, f"session-{number}")
        assert clients.admin("sts") is admin
    assert len(clients._made) == _MOST
    assert first.get_caller_identity()["Arn"].endswith("/first")
    again = clients.role("sts", ROLE, "first")
    assert again is not first
    assert again.get_caller_identity()["Arn"].endswith("/first")
