"""What only a real connection can do wrong: end too early, or never begin."""

import json
import socket
import threading
from contextlib import contextmanager

import pytest

from conformance.chat import CHAT
from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.breaks import BrokenOff
from conformance.chat.subjects.sdk import Live
from conformance.chat.subjects.stream import Stream
from conformance.common.cases import Case
from conformance.common.door import Door
from conformance.common.scenarios import Expected
from conformance.common.session import Session
from conformance.common.targets import Target
from conformance.completions import COMPLETIONS
from conformance.completions.subjects.stream import Stream as CompletionsStream
from conformance.messages import MESSAGES
from conformance.messages.subjects.breaks import BrokenOff as MessagesBrokenOff
from conformance.messages.subjects.stream import Stream as MessagesStream
from conformance.responses import RESPONSES
from conformance.responses.subjects.breaks import BrokenOff as ResponsesBrokenOff
from conformance.responses.subjects.stream import Stream as ResponsesStream
from tests.conformance_checks.defects import (
    completions,
    messages_flavours,
    messages_streams,
    responses_errors,
    responses_flavours,
)
from tests.conformance_checks.defects.flavours import LONG, TEXT, sse
from tests.conformance_checks.defects.messages_flavours import TEXT as MESSAGE
from tests.conformance_checks.defects.responses_flavours import TEXT as RESPONSE

STREAM = sse(TEXT.chunks).encode()
PLAIN = json.dumps(TEXT.body).encode()
RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER: on, for 0 seconds


@contextmanager
def serving(head, *pieces, reset=False, api=CHAT):
    """Answer every connection with the same bytes, then close it, or reset it; the value looks at that as an API."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                receive(connection)
                for piece in (head.replace("\n", "\r\n").encode(), *pieces):
                    connection.sendall(piece)
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield Session(Door(f"http://127.0.0.1:{listener.getsockname()[1]}/v1"), Target("socket"), api.send)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def receive(connection):
    """Read a whole request: what is left unread when a socket is closed would reset the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)


def chunked(*pieces, end=b"0\r\n\r\n"):
    """Return a body in HTTP's chunked coding."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


SSE = "HTTP/1.1 200 OK\ncontent-type: text/event-stream\ncache-control: no-cache\nx-request-id: r\n"
CHUNKED = SSE + "transfer-encoding: chunked\n\n"
TO_THE_END = SSE + "connection: close\n\n"
JSON = "HTTP/1.1 200 OK\ncontent-type: application/json\nx-request-id: r\n"
BREAK = Case("cut", TEXT.case().request, Expected(content=LONG[:20], status=503, code="overloaded"))
HALF = STREAM[: len(STREAM) // 2]
BEGUN = sse(TEXT.chunks[:2], end="").encode()


@pytest.mark.parametrize("size", [1, 7, 1000], ids=["byte by byte", "in small pieces", "in large pieces"])
def test_good_stream_is_accepted_however_it_is_cut(size, failures):
    """No check depends on how TCP divides the bytes."""
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    with serving(CHUNKED, *(chunked(piece, end=b"") for piece in pieces), b"0\r\n\r\n") as session:
        assert {} == failures(session, Stream, TEXT.case())


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda body: body.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(lambda body: body.replace(b"data: {", b": ping\n\ndata: {"), id="pings"),
        pytest.param(lambda body: body.replace(b"data: ", b"data:"), id="no space"),
    ],
)
def test_other_framing_is_accepted(edit, failures):
    """The standard leaves freedom, and the SDK takes it all."""
    with serving(TO_THE_END, edit(STREAM)) as session:
        assert {} == failures(session, Stream, TEXT.case())


@pytest.mark.parametrize(
    ("kind", "case", "answer", "check", "says"),
    [
        pytest.param(
            Stream, TEXT.case(), (CHUNKED, chunked(STREAM, end=b"")), "events.not-cut", "middle", id="no last chunk"
        ),
        pytest.param(
            Stream, TEXT.case(), (CHUNKED, chunked(HALF, end=b"")), "events.whole", "data", id="half a stream"
        ),
        pytest.param(Stream, TEXT.case(), (CHUNKED, chunked(HALF)), "events.done", "0", id="half a stream, ended well"),
        pytest.param(
            Stream,
            TEXT.case(),
            (SSE + "content-length: 99999\n\n", STREAM),
            "events.not-cut",
            "middle",
            id="too short a body",
        ),
        pytest.param(Stream, TEXT.case(), ("",), "events.status", "no response", id="nothing"),
        pytest.param(Plain, TEXT.case(), ("",), "answer.status", "no response", id="nothing for a plain answer"),
        pytest.param(
            Plain,
            TEXT.case(),
            (JSON + "content-length: 9999\n\n", PLAIN[:-9]),
            "answer.id",
            "not a JSON object",
            id="half an answer",
        ),
        pytest.param(Plain, TEXT.case(), ("HTTP/1.1 OK 200\n\n",), "answer.status", "no response", id="no HTTP"),
        pytest.param(
            BrokenOff, BREAK, (CHUNKED, chunked(BEGUN, end=b"")), "break.error", "0", id="cut instead of an error"
        ),
        pytest.param(
            BrokenOff, BREAK, (CHUNKED, chunked(BEGUN, end=b"")), "break.not-cut", "cut", id="cut in mid-stream"
        ),
        pytest.param(
            Live,
            TEXT.case("+stream", "stream"),
            (CHUNKED, chunked(HALF, end=b"")),
            "sdk.live",
            "Error",
            id="SDK: half a stream",
        ),
        pytest.param(
            Live, TEXT.case("+async-create", "async-create"), ("",), "sdk.live", "APIConnectionError", id="SDK: nothing"
        ),
    ],
)
def test_broken_connection_is_caught(kind, case, answer, check, says, failures):
    """The check fails, and says what is wrong."""
    with serving(*answer) as session:
        assert says in failures(session, kind, case)[check]


def test_reset_connection_is_caught(failures):
    """A connection that is reset in mid-stream is not a short answer."""
    with serving(CHUNKED, chunked(HALF, end=b""), reset=True) as session:
        assert "events.done" in failures(session, Stream, TEXT.case())


OTHERS = {
    "completions.events.not-cut": (COMPLETIONS, CompletionsStream, completions.case(), sse(completions.PIECES)),
    "messages.events.not-cut": (MESSAGES, MessagesStream, MESSAGE.case(), messages_flavours.sse(MESSAGE.events)),
    "messages.break.not-cut": (
        MESSAGES,
        MessagesBrokenOff,
        messages_streams.HALF,
        messages_flavours.sse([*messages_streams.BEGUN, messages_streams.FRAME]),
    ),
    "responses.events.not-cut": (RESPONSES, ResponsesStream, RESPONSE.case(), responses_flavours.sse(RESPONSE.events)),
    "responses.break.not-cut": (
        RESPONSES,
        ResponsesBrokenOff,
        responses_errors.CUT,
        responses_flavours.sse(responses_errors.GOOD, ""),
    ),
}


@pytest.mark.parametrize("check", OTHERS)
def test_cut_stream_of_another_api_is_caught(check, failures):
    """Without its last chunk the check fails that does not with it."""
    api, kind, case, stream = OTHERS[check]
    head = CHUNKED.replace("x-request-id: r", "x-request-id: r\nrequest-id: r")
    with serving(head, chunked(stream.encode()), api=api) as session:
        assert check not in failures(session, kind, case)
    with serving(head, chunked(stream.encode(), end=b""), api=api) as session:
        assert check in failures(session, kind, case)
