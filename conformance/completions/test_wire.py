"""The exact bytes on the wire, one file to review for each answer; only for a server that answers from recordings."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance.common.scenarios import Scenario
from conformance.common.session import Sessions
from conformance.common.wire import Wire, readable
from conformance.conftest import CHOSEN

_REPLACED = {r'"id":"cmpl-\w+"': '"id":"cmpl-1"', r'"created":\d+': '"created":1'}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take all scenarios: each was made for one thing."""
    known = metafunc.config.stash[CHOSEN]["completions"]
    metafunc.parametrize("scenario", known, ids=[each.name for each in known])


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_wire(scenario: Scenario, stream: bool, sessions: Sessions, snapshot: SnapshotAssertion) -> None:
    """Status, headers and body are exactly the reviewed ones."""
    exchange = sessions["completions"].complete(scenario.request, **({"stream": True} if stream else {}))

    assert snapshot(extension_class=Wire) == readable(exchange, _REPLACED)
