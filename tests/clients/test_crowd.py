"""Fifty clients at once, each with connections of its own: no error, and everyone reads what they have written."""

import pytest

from benchmarks.server import crowd
from tests.clients.conftest import Server

CLIENTS, TURNS = 50, 2


@pytest.mark.slow
def test_fifty_clients_at_once_meet_no_error(server: Server) -> None:
    crowd.furnish(server.client)
    found = crowd.visit(server.exported, range(CLIENTS), lambda: iter(range(TURNS)))
    assert found.faults == []
    assert found.calls == CLIENTS * (1 + TURNS * 11)  # a log stream each, and eleven calls a turn
    streams = server.client("logs").get_paginator("describe_log_streams").paginate(logGroupName="/crowd")
    assert sum(len(page["logStreams"]) for page in streams) == CLIENTS
