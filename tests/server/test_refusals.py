"""Whoever is refused is not read any further, and no second request hides in what he goes on to send."""

import asyncio

import pytest
import sanic.config

pytestmark = pytest.mark.anyio

CHAT = b"POST /v1/chat/completions HTTP/1.1\r\n"
JSON = b"Content-Type: application/json\r\n"
KEY = b"Authorization: Bearer the-key\r\n"
HOST = b"Host: localhost\r\n"
BODY = b'{"model":"sonnet","messages":[{"role":"user","content":"Hi"}]}'
NEXT = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer the-key\r\n\r\n"


@pytest.fixture
async def exchange(serve):
    """Return what sends bytes to a server with a key and small limits, and returns all that it answers."""
    async with serve(api_key="the-key", max_body=100_000, max_body_memory=150_000) as url:
        host, port = url.removeprefix("http://").split(":")

        async def exchange(data):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(data)
            try:
                async with asyncio.timeout(30):
                    return await reader.read()
            finally:
                writer.close()

        yield exchange


def length(size):
    """Return the header that declares a body of so many bytes."""
    return b"Content-Length: %d\r\n" % size


REFUSED = {
    "key": (401, CHAT + HOST + JSON + length(90_000)),
    "no key, no body": (401, b"GET /v1/models HTTP/1.1\r\n" + HOST),
    "host": (403, CHAT + b"Host: evil.example\r\n" + KEY + JSON + length(90_000)),
    "origin": (403, CHAT + HOST + b"Origin: https://evil.example\r\n" + KEY + JSON + length(90_000)),
    "size": (413, CHAT + HOST + KEY + JSON + length(100_001)),
    "form": (415, CHAT + HOST + KEY + b"Content-Type: text/plain\r\n" + length(90_000)),
    "gzip": (415, CHAT + HOST + KEY + JSON + b"Content-Encoding: gzip\r\n" + length(90_000)),
    "url": (404, b"POST /nothing HTTP/1.1\r\n" + HOST + KEY + JSON + length(90_000)),
    "method": (405, b"PUT /health HTTP/1.1\r\n" + HOST + KEY + JSON + length(90_000)),
    "key, in chunks": (401, CHAT + HOST + JSON + b"Transfer-Encoding: chunked\r\n"),
}


@pytest.mark.parametrize(("status", "head"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"], ids=["sent", "announced"])
async def test_refused_requests_end_their_connection(exchange, status, head, expect):
    """One answer, at once, that says that it is the last one; a client that asks first is not told to go on."""
    received = await exchange(head + expect + b"\r\n" + NEXT)

    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert (1, True) == (received.count(b"HTTP/1.1 "), b"connection: close\r\n" in received)


MALFORMED = {
    "space before the colon": CHAT + HOST + KEY + JSON + b"Content-Length : 50\r\n",
    "space before the name": CHAT + HOST + KEY + JSON + b" Content-Length: 50\r\n",
    "line feed alone": CHAT + HOST + KEY + JSON + b"X: y\nContent-Length: 50\r\n",
    "null byte": CHAT + HOST + KEY + JSON + b"X: \x00\r\n",
    "length with a sign": CHAT + HOST + KEY + JSON + b"Content-Length: +50\r\n",
    "length in other digits": CHAT + HOST + KEY + JSON + "Content-Length: \uff15\uff10\r\n".encode(),
    "length twice": CHAT + HOST + KEY + JSON + b"Content-Length: 50\r\nContent-Length: 50\r\n",
    "two lengths": CHAT + HOST + KEY + JSON + b"Content-Length: 50, 50\r\n",
    "length and chunks": CHAT + HOST + KEY + JSON + b"Content-Length: 50\r\nTransfer-Encoding: chunked\r\n",
    "odd coding": CHAT + HOST + KEY + JSON + b"Transfer-Encoding: gzip, chunked\r\n",
    "hidden coding": CHAT + HOST + KEY + JSON + b"Transfer-Encoding: \x0bchunked\r\n",
    "hidden coding in Unicode": CHAT + HOST + KEY + JSON + "Transfer-Encoding: \u00a0chunked\r\n".encode(),
    "chunks in HTTP/1.0": CHAT[:-3] + b"0\r\n" + HOST + KEY + JSON + b"Transfer-Encoding: chunked\r\n",
    "control character in the method": b"GE\x1bT / HTTP/1.1\r\n" + HOST + KEY,
    "control character in the URL": b"GET /\x7f HTTP/1.1\r\n" + HOST + KEY,
    "two spaces": b"GET  / HTTP/1.1\r\n" + HOST + KEY,
    "no name": CHAT + HOST + KEY + b": x\r\n",
}


@pytest.mark.parametrize("head", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_heads_end_their_connection(exchange, backend, head):
    """A program in front of this server may see other requests in them: nothing that follows is read."""
    received = await exchange(head + b"\r\n" + NEXT)

    assert (True, 1, []) == (received.startswith(b"HTTP/1.1 400 "), received.count(b"HTTP/1.1 "), backend.turns)


async def test_wanted_body_is_asked_for(exchange):
    """Who waits for a word to go on gets it, if his request is one that may be answered."""
    received = await exchange(
        CHAT + HOST + KEY + JSON + b"Expect: 100-continue\r\nConnection: close\r\n" + length(len(BODY)) + b"\r\n" + BODY
    )

    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")


async def test_client_that_sends_on_gets_the_refusal(exchange):
    """However much is on its way when the answer is given, the answer arrives."""
    received = await exchange(CHAT + HOST + JSON + length(50_000_000) + b"\r\n" + b" " * 5_000_000)

    assert received.startswith(b"HTTP/1.1 401 ")


async def test_bodies_share_a_memory(serve, send_raw):
    """Bodies that have not arrived yet are refused beyond it, before they are read; it is returned when one leaves."""
    async with serve(max_body=100_000, max_body_memory=150_000) as url:
        host, port = url.removeprefix("http://").split(":")
        _, first = await asyncio.open_connection(host, int(port))
        first.write(CHAT + HOST + JSON + length(100_000) + b"\r\n" + b"{")
        head = CHAT + HOST + JSON + length(60_000) + b"\r\n"
        async with asyncio.timeout(30):
            answer = after = ""
            while not answer.startswith("HTTP/1.1 429 "):  # until the server has read the first one's head
                answer = await send_raw(url, head + b" " * 60_000)
            first.close()
            await first.wait_closed()
            while not after.startswith("HTTP/1.1 400 "):
                after = await send_raw(url, head + b" " * 60_000)

    assert "retry-after: 5" in answer


async def test_chunks_count_as_they_come(serve, send_raw):
    """A body that does not say how large it will be is stopped when it has become too large."""
    chunk = b"9000\r\n" + b" " * 0x9000 + b"\r\n"
    async with serve(max_body=100_000) as url:
        answer = await send_raw(url, CHAT + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5)

    assert answer.startswith("HTTP/1.1 413 ")


async def test_memory_is_returned_after_each_request(connect):
    """A connection that goes on holds only what its latest request takes."""
    client = await connect(max_body=1_000, max_body_memory=1_000)
    statuses = {(await client.post("/v1/chat/completions", content=BODY + b" " * 800)).status_code for _ in range(9)}

    assert {200} == statuses


async def test_requests_in_one_packet_are_answered_in_turn(exchange):
    """Pipelining works, and a connection with many requests is not served before all others."""
    received = await exchange(NEXT * 50 + NEXT.replace(b"Host", b"Connection: close\r\nHost"))

    assert 51 == received.count(b"HTTP/1.1 200 ")


async def test_pipelined_requests_yield_between_each_other(url, backend, monkeypatch):
    """A request on another connection is answered while most of a thousand on the first still wait."""
    asked = []
    original = backend.status
    monkeypatch.setattr(backend, "status", lambda: asked.append(1) or original())
    host, port = url.removeprefix("http://").split(":")
    ask = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
    (many, out), (one, other) = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
    out.write(ask * 1000)
    await many.readuntil(b"\r\n\r\n")
    other.write(ask)
    async with asyncio.timeout(30):
        await one.readuntil(b"\r\n\r\n")
    out.close()
    other.close()

    assert len(asked) < 500


async def test_many_clients_may_connect_at_once(serve):
    """A thousand of them wait to be accepted, and none is turned away."""
    async with serve() as url:
        host, port = url.removeprefix("http://").split(":")

        async def ask():
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            received = await reader.read()
            writer.close()
            return received[:12]

        async with asyncio.timeout(60):
            answers = await asyncio.gather(*(ask() for _ in range(400)))

    assert {b"HTTP/1.1 200"} == set(answers)


async def test_head_has_one_deadline(monkeypatch, serve):
    """Who sends it byte by byte does not get more time with each of them."""
    monkeypatch.setitem(sanic.config.DEFAULT_CONFIG, "REQUEST_TIMEOUT", 1)
    async with serve() as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        answer = asyncio.create_task(reader.read())
        async with asyncio.timeout(30):
            while not answer.done():
                writer.write(b"x")
                await asyncio.wait({answer}, timeout=0.1)
        writer.close()

    assert (await answer).startswith(b"HTTP/1.1 408 ")
