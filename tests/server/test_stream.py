"""Streams: headers, chunks, heartbeats, and how one ends when something goes wrong."""

import asyncio
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import httpx
import orjson
import pytest

from cmappy import answer, errors
from cmappy.server import limits
from cmappy.server.outbox import Outbox
from cmappy.server.stream import _fill, send_whole
from cmappy.server.trace import Trace

pytestmark = pytest.mark.anyio


def events(text):
    """Return the JSON of a stream's events, and `[DONE]` as it is."""
    data = [block.removeprefix("data: ") for block in text.split("\n\n") if block.startswith("data: ")]
    return [block if block == "[DONE]" else orjson.loads(block) for block in data]


def deltas(text):
    """Return the deltas of a stream."""
    return [event["choices"][0]["delta"] for event in events(text)[:-1] if event["choices"]]


def content(text):
    """Return the text that a stream's events add up to."""
    chunks = [event for event in events(text) if event != "[DONE]" and "choices" in event]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])


async def test_stream_has_the_headers_that_proxies_need(ask):
    """Nothing may cache, buffer or compress it."""
    headers = (await ask(stream=True)).headers

    told = (headers["content-type"], headers["cache-control"], headers["x-accel-buffering"])

    assert ("text/event-stream; charset=utf-8", "no-cache", "no") == told


async def test_stream_says_the_role_once_then_text_then_the_reason(ask):
    """The SDK concatenates whatever comes twice: `assistantassistant`."""
    expected = [{"role": "assistant", "content": ""}, {"content": "Hello"}, {"content": ", world!"}, {}]

    assert expected == deltas((await ask(stream=True)).text)


async def test_only_the_last_chunk_has_a_finish_reason(ask):
    """A client stops reading at the first one."""
    chunks = events((await ask(stream=True)).text)[:-1]

    assert [None, None, None, "stop"] == [chunk["choices"][0]["finish_reason"] for chunk in chunks]


async def test_all_chunks_share_id_time_and_model(ask):
    """They are parts of one answer, by the model that gave it."""
    chunks = events((await ask(stream=True)).text)[:-1]

    heads = {(chunk["id"], chunk["object"], chunk["created"], chunk["model"]) for chunk in chunks}

    assert [("chat.completion.chunk", "claude-sonnet-5-5")] == [(head[1], head[3]) for head in heads]


async def test_stream_ends_with_done(ask):
    """Clients wait for it."""
    assert (await ask(stream=True)).text.endswith("data: [DONE]\n\n")


async def test_usage_is_not_mentioned_unless_asked_for(ask):
    """Clients that index `choices[0]` blindly would fall over the usage chunk."""
    chunks = events((await ask(stream=True, stream_options={"include_usage": False})).text)[:-1]

    assert [(1, False)] * 4 == [(len(chunk["choices"]), "usage" in chunk) for chunk in chunks]


async def test_usage_comes_last_and_without_choices_when_asked_for(ask):
    """Earlier chunks carry `usage: null`; a last chunk with choices would be counted twice."""
    chunks = events((await ask(stream=True, stream_options={"include_usage": True})).text)[:-1]

    assert [(1, True)] * 4 + [(0, False)] == [(len(chunk["choices"]), chunk["usage"] is None) for chunk in chunks]


async def test_prompt_tokens_include_the_cache(ask):
    """OpenAI counts cached tokens as prompt tokens; clients subtract them."""
    usage = events((await ask(stream=True, stream_options={"include_usage": True})).text)[-2]["usage"]

    told = (usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"], usage["total_tokens"])

    assert (10, 3, 11) == told


async def test_plain_answer_is_what_the_stream_adds_up_to(ask):
    """Both go one path, so they can never disagree."""
    streamed = await ask(stream=True, stream_options={"include_usage": True})
    whole = (await ask()).json()

    assert (content(streamed.text), events(streamed.text)[-2]["usage"]) == (
        whole["choices"][0]["message"]["content"],
        whole["usage"],
    )


async def test_plain_answer_ignores_stream_options(ask):
    """The SDK's own tests send them without `stream`."""
    assert 200 == (await ask(stream_options={"include_usage": True})).status_code


async def test_text_is_sent_as_soon_as_it_is_said(client, backend, cli):
    """The first words are there while the model still thinks about the last."""
    more = asyncio.Event()
    start, *hello = cli.answer("Hello")
    backend.steps = [start, *hello[:2], more, *hello[2:]]
    body = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    seen = ""
    async with client.stream("POST", "/v1/chat/completions", json=body) as response:
        async for text in response.aiter_text():
            seen += text
            if "Hello" in seen:
                break
        early = backend.closed.is_set()
        more.set()

    assert (False, "Hello") == (early, content(seen))


async def test_silence_is_filled_with_comments(serve, backend, cli):
    """Clients and proxies give up a silent connection; a comment is the one thing all of them skip."""
    more = asyncio.Event()
    start, *rest = cli.answer("Hello")
    backend.steps = [start, more, *rest]
    body = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    seen = ""
    async with (
        serve(ping=0.01) as url,
        httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as client,
        client.stream("POST", "/v1/chat/completions", json=body) as response,
    ):
        async for text in response.aiter_text():
            seen += text
            if seen.count(": ping\n\n") >= 3:
                more.set()

    assert ("Hello", "[DONE]") == (content(seen), events(seen)[-1])


async def read_until(client, pings, then, **fields):
    """Read a stream, call `then` after so many pings, and return its status and all of it."""
    body = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}], "stream": True} | fields
    seen = ""
    async with client.stream("POST", "/v1/chat/completions", json=body) as response:
        async for text in response.aiter_text():
            seen += text
            if seen.count(": ping\n\n") >= pings:
                then()
    return response.status_code, seen


async def test_silence_before_the_first_event_is_filled_too(connect, backend, cli):
    """A cold start, or an API that is busy, takes longer than some clients wait for the headers."""
    begin = asyncio.Event()
    backend.steps = [begin, *cli.answer("Hello")]
    status, seen = await read_until(await connect(ping=0.01), 3, begin.set)

    assert (200, "Hello", "[DONE]", 0) == (status, content(seen), events(seen)[-1], seen.index(": ping"))


async def test_wait_for_a_slot_is_filled_too(connect, backend, cli):
    """Whoever waits for others to get their answers is told that he is not forgotten."""
    first = asyncio.Event()
    backend.steps = [cli.start(), first, *cli.answer("Hello")[1:]]
    client = await connect(ping=0.01, max_concurrency=1)
    other = asyncio.create_task(read_until(client, 1000, first.set))
    await backend.waiting.wait()
    status, seen = await read_until(client, 3, first.set)
    await other

    assert (200, "Hello", "[DONE]", 0) == (status, content(seen), events(seen)[-1], seen.index(": ping"))


@pytest.mark.parametrize(
    "error", [errors.CliFailed("It crashed."), errors.LoginFailed("Log in."), errors.RateLimited("Later.")]
)
async def test_error_after_a_ping_is_a_frame(connect, backend, error):
    """The status has been sent by then; a client that knows the API raises all the same."""
    fail = asyncio.Event()
    backend.steps = [fail, error]
    status, seen = await read_until(await connect(ping=0.01), 1, fail.set)
    [last] = events(seen)

    assert (200, error.code) == (status, last["error"]["code"])


async def test_wait_that_was_in_vain_is_an_error_frame(connect, backend, cli):
    """A request that has been pinged, and then finds no slot, ends with the error of that wait."""
    backend.steps = [cli.start(), asyncio.Event()]
    client = await connect(ping=0.01, max_concurrency=1, queue_timeout=0.05)
    other = asyncio.create_task(read_until(client, 10**9, lambda: None))
    await backend.waiting.wait()
    status, seen = await read_until(client, 10**9, lambda: None)
    other.cancel()
    [last] = events(seen)

    assert (200, "server_busy") == (status, last["error"]["code"])


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_long_answer_takes_turns_with_all_else(stream):
    """Its events are all there already; others run many times before it is made."""
    turns = []

    async def others():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def long():
        yield answer.Began("claude")
        yield answer.TextStart()
        for _ in range(5000):
            yield answer.Piece("x")

    reply = SimpleNamespace(feed=lambda event: [event], add=lambda wire: None, whole=dict, encode=lambda wire: b"x")
    running = asyncio.create_task(others())
    if stream:
        await _fill(Outbox(1 << 20), long(), reply, Trace("req_1"), nullcontext())
    else:
        await send_whole(long(), reply, Trace("req_1"), nullcontext(), {})
    running.cancel()

    assert len(turns) >= 50


@pytest.mark.parametrize(("size", "thread"), [(10, "MainThread"), (100_000, "reader_0")], ids=["small", "large"])
async def test_large_requests_are_read_aside(ask, monkeypatch, size, thread):
    """Python's threads take turns, so that reading many messages holds up nobody."""
    seen = []
    original = limits.check

    def check(*args, **named):
        seen.append(threading.current_thread().name)
        return original(*args, **named)

    monkeypatch.setattr(limits, "check", check)
    response = await ask(messages=[{"role": "user", "content": "x" * size}])

    assert (200, [thread]) == (response.status_code, seen)


@pytest.mark.parametrize("size", [10, 100_000], ids=["small", "large"])
async def test_errors_are_the_same_aside(ask, backend, size):
    """What is wrong with a large request is told as precisely."""
    response = await ask(messages=[{"role": "robot", "content": "x" * size}])

    assert (400, "messages[0].role", []) == (
        response.status_code,
        response.json()["error"]["param"],
        backend.turns,
    )


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"api_error_status": 429, "result": "API Error: Request rejected (429)"}, 429, "rate_limit_exceeded"),
        ({"api_error_status": 401, "result": "Not logged in"}, 401, "claude_auth_error"),
        ({"api_error_status": 529, "result": "API Error: 529 Overloaded"}, 503, "overloaded"),
        ({"terminal_reason": "prompt_too_long", "result": "Prompt is too long"}, 400, "context_length_exceeded"),
    ],
    ids=["429", "401", "529", "too long"],
)
async def test_error_before_the_first_event_is_a_status(ask, backend, cli, stream, fields, status, code):
    """Nothing is sent until the model has begun or a ping is due, so that early errors are real ones."""
    backend.steps = [cli.failure(**fields)]
    response = await ask(stream=stream)

    assert (status, code) == (response.status_code, response.json()["error"]["code"])


async def test_error_with_retry_advice_has_it_in_the_headers(ask, backend):
    """The SDK waits as long as it is told, or does not try again at all."""
    backend.steps = [errors.RateLimited("Slow down.", retry_after=7)]
    limited = await ask(stream=True)
    backend.steps = [errors.CliFailed("It crashed.")]
    failed = await ask()

    assert ("7", "false") == (limited.headers["retry-after"], failed.headers["x-should-retry"])


@pytest.mark.parametrize(
    "end",
    [
        [b'{"type":"result","subtype":"success","is_error":true,"api_error_status":529,"result":"Overloaded"}'],
        [errors.Overloaded("No capacity.")],
        [RuntimeError("secret")],
        [b'{"type":"stream_event","event":'],
        [],
    ],
    ids=["reported", "raised", "unexpected", "torn line", "no stop reason"],
)
async def test_error_in_mid_stream_is_a_frame_and_no_done(ask, backend, cli, end):
    """A clean end would let the client take a broken answer for a short one."""
    backend.steps = [cli.start(), *cli.text("Hello"), *end]
    response = await ask(stream=True)

    seen = events(response.text)

    assert (200, "Hello", ["error"]) == (response.status_code, content(response.text), list(seen[-1]))


async def test_error_after_nothing_but_the_role_is_a_status(ask, backend, cli):
    """As long as the answer has said nothing, a stream can still fail like any other request."""
    backend.steps = [cli.start(), errors.Overloaded("No capacity.")]
    response = await ask(stream=True)

    assert (503, "overloaded") == (response.status_code, response.json()["error"]["code"])


async def test_error_frame_has_openais_form(ask, backend, cli):
    """The SDK raises APIError from it, with all four fields."""
    backend.steps = [cli.start(), *cli.text("Well,"), errors.Overloaded("No capacity.")]
    response = await ask(stream=True)

    expected = {"message": "No capacity.", "type": "server_error", "param": None, "code": "overloaded"}

    assert expected == events(response.text)[-1]["error"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_run_that_says_nothing_is_a_502(ask, backend, stream):
    """An empty answer is not an answer."""
    backend.steps = []
    response = await ask(stream=stream)

    assert (502, "cli_error") == (response.status_code, response.json()["error"]["code"])


async def test_run_without_a_stop_reason_is_a_502(ask, backend, cli):
    """Half an answer is not a short answer."""
    backend.steps = [cli.start(), *cli.text("Hello")]
    response = await ask()

    assert (502, "cli_error") == (response.status_code, response.json()["error"]["code"])


async def test_words_of_the_clis_own_are_never_an_answer(ask, backend, cli):
    """The CLI tells of errors in a message of its own making, which reads like an answer."""
    words = {"model": "<synthetic>", "id": "x", "content": [{"type": "text", "text": "API Error: 529"}]}
    backend.steps = [orjson.dumps({"type": "assistant", "message": words}), cli.failure(api_error_status=529)]
    response = await ask()

    assert 503 == response.status_code


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_unexpected_exception_is_a_500_that_tells_nothing(ask, backend, stream, caplog):
    """What goes wrong inside is for the log; its text may hold anything."""
    backend.steps = [RuntimeError("secret")]
    response = await ask(stream=stream)

    assert (500, False, True) == (response.status_code, "secret" in response.text, "secret" in caplog.text)


async def test_unexpected_exception_in_mid_stream_tells_nothing(ask, backend, cli, caplog):
    """Nor does the error frame."""
    backend.steps = [cli.start(), *cli.text("Hello"), RuntimeError("secret")]
    response = await ask(stream=True)

    assert ("internal_error", False, True) == (
        events(response.text)[-1]["error"]["code"],
        "secret" in response.text,
        "secret" in caplog.text,
    )


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_answer_that_takes_too_long_is_a_504(serve, backend, stream):
    """Somebody has to give up; here it is the server, with a status."""
    backend.steps = [asyncio.Event()]
    body = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    async with serve(total_timeout=0.05) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        response = await client.post("/v1/chat/completions", json=body)
        await backend.gone()

    assert (504, "timeout") == (response.status_code, response.json()["error"]["code"])


async def test_stream_that_takes_too_long_ends_with_an_error_frame(serve, backend, cli):
    """The same in mid-stream."""
    backend.steps = [cli.start(), *cli.text("Hello"), asyncio.Event()]
    body = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    async with serve(total_timeout=0.2) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        response = await client.post("/v1/chat/completions", json=body)
        await backend.gone()

    assert "timeout" == events(response.text)[-1]["error"]["code"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_run_is_closed_as_soon_as_the_answer_is_complete(ask, backend, cli, stream):
    """What the CLI would say or do after its answer is of no use, and may cost."""
    backend.steps = [*cli.answer("Hello"), asyncio.Event()]
    response = await ask(stream=stream)
    await backend.gone()

    assert 200 == response.status_code


async def test_stop_sequence_closes_the_run(ask, backend, cli):
    """Nobody reads on, so the model need not go on."""
    backend.steps = [cli.start(), *cli.text("one ST", "OP two"), asyncio.Event()]
    response = await ask(stop="STOP")
    await backend.gone()

    assert "one " == response.json()["choices"][0]["message"]["content"]


async def test_requests_are_answered_at_the_same_time(ask, backend, cli):
    """One that waits holds up no other."""
    wait = asyncio.Event()
    backend.steps = [wait, *cli.answer("slow")]
    slow = asyncio.create_task(ask())
    await backend.started.wait()
    backend.steps = cli.answer("fast")
    fast = [(await ask(stream=stream)).status_code for stream in (False, True)]
    early = slow.done()
    wait.set()

    assert ([200, 200], False, "slow") == (fast, early, (await slow).json()["choices"][0]["message"]["content"])
