"""The faults that the real CLI can be brought to have the outcome that the table tells (tests/faults/README.md)."""

import asyncio
import os
import signal

import pytest
from openai import APIStatusError

from tests.faults.table import FAULTS

pytestmark = pytest.mark.anyio

ROWS = {fault.name: fault for fault in FAULTS}
QUESTION = {"role": "user", "content": "Hello"}
SILENT = {"text": "never", "wait": "nothing"}
BEGUN = {"text": "one two three", "then": "hang", "after": 2}


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server with little patience."""
    async with serve(folder, silence=3) as running:
        yield running


def told(fault, error):
    """Return what the table says of an error, and what the error says."""
    if fault.begun:
        return fault.code, error.code
    return (fault.status, fault.code, "false"), (
        error.status_code,
        error.code,
        error.response.headers["x-should-retry"],
    )


@pytest.mark.parametrize("name", ["killed_before", "killed_within", "silent", "silent_within"])
async def test_fault_in_a_stream_has_its_outcome(client, upstream, listen, descendants, ask, name):
    """What happened before the first word is a status, what happened after it an error frame; the next one is fine."""
    fault, begun = ROWS[name], asyncio.Event()
    upstream.script(BEGUN if fault.begun else SILENT)
    asked = asyncio.create_task(listen(client, QUESTION, lambda said: said == "one two " and begun.set()))
    await upstream.received(1)
    if fault.begun:
        await begun.wait()
    if name.startswith("killed"):
        for pid in descendants():
            os.kill(pid, signal.SIGKILL)
    said, error = await asked
    expected, actual = told(fault, error)

    assert (expected, "one two " if fault.begun else "") == (actual, said)
    assert "Hello from the stub." == (await ask(QUESTION)).choices[0].message.content


@pytest.mark.parametrize("script", [SILENT, BEGUN], ids=["silent", "silent_within"])
async def test_silence_is_an_error_of_a_plain_answer(upstream, ask, request, script):
    """Who waits for the whole answer is told when there will be none."""
    upstream.script(script)
    with pytest.raises(APIStatusError) as caught:
        await ask(QUESTION)
    row = ROWS[request.node.callspec.id]

    assert (row.status, row.code) == (caught.value.status_code, caught.value.code)
