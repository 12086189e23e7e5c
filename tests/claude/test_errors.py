"""What a client is told when the API fails: a status and a code, never an answer made of an error's text."""

import asyncio
import os
import signal

import pytest
from openai import APIStatusError

from tests.faults.table import FAULTS

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}


API = {fault.name: fault for fault in FAULTS if fault.when == "api"}
REFUSALS = {name: (fault.api, fault.status, fault.code) for name, fault in API.items() if not fault.begun}
BREAKS = {name: (fault.api, "one two ", fault.status, fault.code) for name, fault in API.items() if fault.begun} | {
    "error in thinking": (
        {"blocks": [{"type": "thinking", "thinking": "hmm"}], "then": "error", "then_wait": "read"},
        "",
        503,
        "overloaded",
    ),
}
TWICE = {
    "cut before any event": {"blocks": [], "then": "cut"},
    "overloaded": {"status": 529},
    "rate limit": {"status": 429, "headers": {"retry-after": "0"}},
    "internal error": {"status": 500},
}


@pytest.mark.parametrize(("answer", "status", "code"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "stream"])
async def test_failure_before_the_answer_is_a_status(ask, stream, upstream, answer, status, code, streamed):
    """Until the first word is there, a failure has its real status, for streams as well."""
    upstream.always = answer
    with pytest.raises(APIStatusError) as caught:
        await (stream if streamed else ask)(QUESTION)

    told = caught.value.response.headers
    repeated = told.get("x-should-retry") != "false" and (status == 429 or status >= 500)
    assert (status, code) == (caught.value.status_code, caught.value.code)
    assert ((code == "rate_limit_exceeded"),) * 2 == (repeated, "retry-after" in told)


@pytest.mark.parametrize(("answer", "text", "status", "code"), BREAKS.values(), ids=BREAKS)
async def test_failure_in_a_stream_is_an_error_frame(client, upstream, listen, answer, text, status, code):
    """What was said stays said, and then the official SDK raises: a broken answer is never taken for a short one."""
    upstream.always = answer
    said, error = await listen(client, QUESTION, lambda _: upstream.release("read"))

    assert (text, code) == (said, error.code)


@pytest.mark.parametrize(("answer", "text", "status", "code"), BREAKS.values(), ids=BREAKS)
async def test_failure_in_a_plain_answer_is_a_status(ask, upstream, answer, text, status, code):
    """A client that gets its answer in one piece gets no part of a broken one."""
    upstream.always = answer
    upstream.release("read")
    with pytest.raises(APIStatusError) as caught:
        await ask(QUESTION)

    assert (status, code) == (caught.value.status_code, caught.value.code)


@pytest.fixture(scope="module")
async def patient(serve, tmp_path_factory, anyio_backend):
    """Run a server that lets the CLI try twice."""
    folder = tmp_path_factory.mktemp("patient")
    (folder / "home").mkdir()
    async with serve(folder, max_retries=1) as server:
        yield server


@pytest.mark.parametrize("failure", TWICE.values(), ids=TWICE)
async def test_second_try_answers_once(patient, upstream, failure):
    """Where the CLI's second try succeeds, the client sees one answer, once, and nothing of the first try."""
    upstream.script(failure, {"text": "one two three"})
    async with patient.client() as client:
        answer = await client.chat.completions.create(model="sonnet", messages=[QUESTION], stream=True)
        deltas = [chunk.choices[0].delta async for chunk in answer]

    assert "one two three" == "".join(delta.content or "" for delta in deltas)
    assert ["assistant"] == [delta.role for delta in deltas if delta.role]
    assert 2 == len(upstream.messages_requests)


async def test_tries_are_bounded(patient, upstream):
    """The CLI would try for minutes; it is told how often it may."""
    upstream.always = {"status": 529}
    async with patient.client() as client:
        with pytest.raises(APIStatusError) as caught:
            await client.chat.completions.create(model="sonnet", messages=[QUESTION])

    assert (503, "false") == (caught.value.status_code, caught.value.response.headers["x-should-retry"])
    assert 2 == len(upstream.messages_requests)


async def test_answer_cut_after_its_first_words_is_not_begun_again(patient, upstream, listen):
    """Words that are out cannot be taken back: a second try would say them twice, and is not paid for either."""
    upstream.script({"text": "one two three", "then": "cut", "after": 2, "then_wait": "read"}, {"text": "another"})
    async with patient.client() as client:
        said, error = await listen(client, QUESTION, lambda _: upstream.release("read"))

    assert ("one two ", "upstream_error") == (said, error.code)
    assert 1 == len(upstream.messages_requests)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
async def test_death_of_the_cli_is_an_error(ask, upstream, descendants, number):
    """A CLI that dies without a word has not given an answer, and the client need not try again by itself."""
    upstream.script({"wait": "nothing"})
    asked = asyncio.create_task(ask(QUESTION))
    await upstream.received(1)
    for pid in descendants():
        os.kill(pid, number)
    with pytest.raises(APIStatusError) as caught:
        await asked

    assert (502, "cli_error") == (caught.value.status_code, caught.value.code)
    assert "false" == caught.value.response.headers["x-should-retry"]


async def test_server_answers_after_an_error(ask, upstream):
    """An error leaves nothing behind that would spoil the next request."""
    upstream.always = {"status": 400}
    with pytest.raises(APIStatusError):
        await ask(QUESTION)
    upstream.always = {"text": "fine"}
    answer = await ask(QUESTION)

    assert "fine" == answer.choices[0].message.content
