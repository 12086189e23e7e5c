"""The exact bytes on the wire, one file to review for each answer; only for a server that answers from recordings."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance.common.scenarios import Scenario
from conformance.common.session import Sessions
from conformance.common.wire import Wire, readable
from conformance.conftest import CHOSEN

# One of each kind; tests/replay has the streams of more recordings.
_REVIEWED = {
    *("hello", "instructions", "thinking", "redacted_thinking", "length", "refusal", "refusal_at_once", "empty_answer"),
    *("tool_calls_parallel", "custom_tool", "agent", "agent_output", "allowed_tools", "output_in_parts", "json_schema"),
    *("broken_by_error", "error_too_long", "error_overloaded"),
}
_REPLACED = {
    r'"(id|item_id)":"(resp|msg|rs|fc|ctc)_[0-9a-f]{32}(\w*)"': r'"\1":"\2_1\3"',
    r'"(created_at|completed_at)":\d+': r'"\1":1',
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the scenarios that are reviewed."""
    known = [each for each in metafunc.config.stash[CHOSEN]["responses"] if each.name in _REVIEWED]
    metafunc.parametrize("scenario", known, ids=[each.name for each in known])


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_wire(scenario: Scenario, stream: bool, sessions: Sessions, snapshot: SnapshotAssertion) -> None:
    """Status, headers and body are exactly the reviewed ones."""
    exchange = sessions["responses"].complete(scenario.request, **({"stream": True} if stream else {}))

    assert snapshot(extension_class=Wire) == readable(exchange, _REPLACED)
