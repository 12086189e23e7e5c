"""The stub of the Messages API takes requests down, keeps its answers in order and notices what its client does."""

import asyncio

import httpx
import pytest

from tools.upstream import Outcome, Upstream

pytestmark = pytest.mark.anyio

STREAMED = {"model": "claude-test", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
PLAIN = {"model": "claude-test", "messages": [{"role": "user", "content": "Hi"}]}


async def read(client, lines):
    """Send one request and collect the lines of its answer, also of one that breaks off."""
    async with client.stream("POST", "/v1/messages", json=STREAMED) as response:
        async for line in response.aiter_lines():
            lines.append(line)


async def drain(lines):
    """Read all lines that are left."""
    return [line async for line in lines]


async def until(last, lines):
    """Pass lines on up to that one."""
    async for line in lines:
        yield line
        if line == last:
            return


def names(lines):
    """Pick the names of the events."""
    return [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]


async def test_answers_are_taken_in_turn(upstream, ask):
    """The queue comes first, then the default, and `always` before both; a callable sees the request."""
    upstream.script({"text": "one"}, lambda body: {"text": body["model"]})
    upstream.default = {"text": "default"}

    texts = [(await ask(PLAIN)).json()["content"][0]["text"] for _ in range(3)]
    upstream.always = {"text": "always"}
    upstream.script({"text": "never"})
    texts.append((await ask(PLAIN)).json()["content"][0]["text"])

    assert ["one", "claude-test", "default", "always"] == texts


@pytest.mark.parametrize("body", [PLAIN, STREAMED], ids=["plain", "stream"])
async def test_cut_aborts_the_connection(upstream, ask, body):
    """The client sees a broken response, and the stub does not take that for a client that left."""
    upstream.script({"then": "cut", "after": 1})

    with pytest.raises(httpx.RemoteProtocolError):
        await ask(body)
    await upstream.idle()

    assert Outcome.ABORTED is upstream.requests[0].outcome


async def test_cut_comes_after_the_deltas_before_it(upstream, client):
    """What was sent before the cut arrives."""
    upstream.script({"text": "0123456789", "then": "cut", "after": 1})
    lines = []

    with pytest.raises(httpx.RemoteProtocolError):
        await read(client, lines)

    assert ["message_start", "ping", "content_block_start", "content_block_delta"] == names(lines)


async def test_gate_before_the_end_holds_the_end(upstream, client):
    """A cut can wait until the client has read what came before it."""
    upstream.script({"text": "one", "then": "cut", "after": 1, "then_wait": "go"})

    async with client.stream("POST", "/v1/messages", json=STREAMED) as response:
        lines = response.aiter_lines()
        before = [line async for line in until("event: content_block_delta", lines)]
        held = upstream.requests[0].outcome
        upstream.release("go")
        with pytest.raises(httpx.RemoteProtocolError):
            await drain(lines)

    assert Outcome.PENDING is held
    assert ["message_start", "ping", "content_block_start", "content_block_delta"] == names(before)


@pytest.mark.parametrize("padding", [0, 500_000], ids=["small", "large"])
async def test_client_that_leaves_is_noticed(upstream, client, padding):
    """A request that is left counts as disconnected, however large its body was."""
    upstream.script({"then": "hang"})

    async with client.stream("POST", "/v1/messages", json=STREAMED | {"system": "x" * padding}) as response:
        await anext(response.aiter_lines())
    await upstream.idle()

    assert (True, False) == (upstream.requests[0].disconnected, upstream.requests[0].finished)


async def test_gate_before_the_headers_holds_the_answer(upstream, ask):
    """Nothing comes until the gate is released, and the request counts as received before."""
    upstream.script({"wait": "go"})

    asking = asyncio.create_task(ask(PLAIN))
    await upstream.received(1)
    before = upstream.requests[0].outcome
    upstream.release("go")
    response = await asking

    assert (Outcome.PENDING, 200) == (before, response.status_code)
    assert upstream.requests[0].finished


async def test_gate_before_a_block_holds_that_block(upstream, client):
    """What comes before the gate is sent at once, the rest when it is released."""
    upstream.script({"blocks": [{"type": "text", "text": "one"}, {"type": "text", "text": "two", "wait": "go"}]})

    async with client.stream("POST", "/v1/messages", json=STREAMED) as response:
        lines = response.aiter_lines()
        before = [line async for line in until("event: content_block_stop", lines)]
        held = upstream.requests[0].outcome
        upstream.release("go")
        after = await drain(lines)

    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert Outcome.PENDING is held
    assert ["message_start", "ping", *block] == names(before)
    assert [*block, "message_delta", "message_stop"] == names(after)


async def test_closing_ends_a_hanging_answer():
    """A stub that closes lets nobody wait for ever, and calls its own doing no disconnect."""
    async with httpx.AsyncClient(timeout=None) as client:
        async with Upstream({"then": "hang"}) as upstream:
            asking = asyncio.create_task(client.post(f"{upstream.url}/v1/messages", json=STREAMED))
            await upstream.received(1)
        with pytest.raises(httpx.RemoteProtocolError):
            await asking

    assert Outcome.ABORTED is upstream.requests[0].outcome


async def test_request_is_taken_down(upstream, client):
    """Method, path, query, lower-case headers and the parsed body of each request are kept."""
    await client.post("/v1/messages?beta=true", json=PLAIN, headers={"Authorization": "Bearer dummy"})

    received = upstream.messages_requests[0]
    assert ("POST", "/v1/messages", "beta=true", PLAIN) == (
        received.method,
        received.path,
        received.query,
        received.body,
    )
    assert "Bearer dummy" == received.headers["authorization"]


async def test_other_endpoints_answer_without_the_script(upstream, client):
    """Probes and token counts take no answer from the queue; anything else is not found."""
    answers = [
        await client.head("/api/hello"),
        await client.get("/api/hello"),
        await client.post("/v1/messages/count_tokens", json=PLAIN),
        await client.get("/v1/messages"),
        await client.post("/", json=PLAIN),
    ]

    assert [200, 200, 200, 404, 404] == [answer.status_code for answer in answers]
    assert {"input_tokens": 12} == answers[2].json()
    error = {"type": "not_found_error", "message": "Not found: /"}
    assert {"type": "error", "error": error, "request_id": "req_stub_0005"} == answers[4].json()
    assert ([], 5) == (upstream.messages_requests, len(upstream.requests))


async def test_body_that_is_no_object_is_refused(upstream, ask, client):
    """A request without a JSON object takes no answer from the queue."""
    upstream.script({"text": "kept"})

    refused = await client.post("/v1/messages", content=b"[1]")
    answered = await ask(PLAIN)

    assert (400, "invalid_request_error") == (refused.status_code, refused.json()["error"]["type"])
    assert "kept" == answered.json()["content"][0]["text"]


async def test_stubs_are_independent(upstream, client):
    """Two stubs in one process count on their own."""
    async with Upstream() as other, httpx.AsyncClient(base_url=other.url) as other_client:
        messages = [(await http.post("/v1/messages", json=PLAIN)).json() for http in (client, client, other_client)]

    assert ["msg_stub_0001", "msg_stub_0002", "msg_stub_0001"] == [message["id"] for message in messages]


async def test_mistake_of_a_callable_is_raised_at_the_end():
    """The client gets a 500, and the test that wrote the answer sees its error."""
    with pytest.raises(KeyError, match="nothing"):
        async with Upstream(lambda body: body["nothing"]) as upstream, httpx.AsyncClient() as client:
            response = await client.post(f"{upstream.url}/v1/messages", json=PLAIN)

    assert 500 == response.status_code
