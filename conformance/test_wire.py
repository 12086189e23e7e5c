"""The exact bytes on the wire, one file to review for each answer; only for a server that answers from recordings."""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from conformance.conftest import SCENARIOS
from conformance.exchange import Exchange
from conformance.scenarios import Scenario, sample
from conformance.session import Session

_SHOWN = ("content-type", "cache-control", "x-accel-buffering", "retry-after", "x-should-retry", "x-cmappy-ignored")


class Wire(SingleFileSnapshotExtension):
    """One text file for each answer."""

    file_extension = "http"
    _write_mode = WriteMode.TEXT


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take one scenario for each set of tags."""
    known = sample(metafunc.config.stash[SCENARIOS])
    metafunc.parametrize("scenario", known, ids=[each.name for each in known])


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_wire(scenario: Scenario, stream: bool, session: Session, snapshot: SnapshotAssertion) -> None:
    """Status, headers and body are exactly the reviewed ones."""
    exchange = session.complete(scenario.request, **({"stream": True} if stream else {}))

    assert snapshot(extension_class=Wire) == readable(exchange)


def readable(exchange: Exchange) -> str:
    """Return a response as text, with what differs each time replaced."""
    headers = "".join(f"{name}: {exchange.headers[name]}\n" for name in _SHOWN if name in exchange.headers)
    body = re.sub(r'"id":"chatcmpl-\w+"', '"id":"chatcmpl-1"', exchange.body.decode())
    return f"{exchange.status}\n{headers}\n" + re.sub(r'"created":\d+', '"created":1', body)
