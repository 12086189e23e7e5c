"""Answers that the SDK cannot read, or reads as something else."""

from conformance.chat.faces import FACES
from conformance.chat.subjects.sdk import Live, Reading
from conformance.common.exchange import Json
from tests.conformance_checks.defects import Broken, drop, each, ids, put
from tests.conformance_checks.defects.flavours import (
    CALLS,
    LENGTH,
    STRUCTURED,
    TEXT,
    chunk,
    plain_reply,
    sse,
    stream_reply,
)

MESSAGE = ("choices", 0, "message")
DELTA = ("choices", 0, "delta")
REASON = ("choices", 0, "finish_reason")


def broken(name, face, edit, flavour=TEXT, kind=Reading, **caught_by):
    """Return a server whose answer has one edit and is read by one face of the SDK."""
    good = flavour.chunks if FACES[face].streams else flavour.body
    server = stream_reply(sse(edit(good))) if FACES[face].streams else plain_reply(edit(good))
    return Broken(f"{name}, {face}", kind, flavour.case(f"+{face}", face), server, ids(caught_by))


def live(*args, **caught_by):
    """Return the same, with the SDK talking to the server itself."""
    return broken(*args, kind=Live, **caught_by)


def html(good: Json):
    """Say something that is no JSON instead."""
    return "<html>Welcome</html>"


def pings(chunks):
    """Add an event that is no chunk."""
    return [*chunks, {"type": "ping"}]


def nothing(good):
    """Leave the answer as it is."""
    return good


LOST = put(*MESSAGE, "content", value="This")
CAPTURED = [
    broken("no choices", "create", put("choices", value=[]), sdk__accepts="IndexError"),
    broken("no choices", "async-create", put("choices", value=[]), sdk__accepts="IndexError"),
    broken("HTML page", "raw-create", html, sdk__accepts="Error"),
    broken("chunk without choices", "stream", each(drop("choices")), sdk__accepts="TypeError"),
    broken("chunk without choices", "helper", each(drop("choices")), sdk__accepts="Error"),
    broken("event that is no chunk", "async-stream", pings, sdk__accepts="TypeError"),
    broken("length as stop", "helper", lambda _: TEXT.chunks, LENGTH, sdk__accepts="LengthFinishReasonError"),
    broken(
        "fenced JSON",
        "parse",
        put(*MESSAGE, "content", value="```json\n{}```"),
        STRUCTURED,
        structured__parsed="Invalid JSON",
    ),
    broken("no role", "create", drop(*MESSAGE, "role"), sdk__validates="APIResponseValidationError"),
    broken("float created", "stream", each(put("created", value=1.5)), sdk__validates="APIResponseValidationError"),
    broken(
        "end_turn",
        "async-helper",
        lambda chunks: [*chunks[:-1], put(*REASON, value="end_turn")(chunks[-1])],
        sdk__validates="APIResponseValidationError",
    ),
    broken("lost text", "create", LOST, sdk__content="'This'"),
    broken("lost text", "async-stream", lambda chunks: chunks[:2] + chunks[-1:], sdk__content="This sentence is too"),
    broken("text in the finished object alone", "helper", lambda chunks: chunks[:1] + chunks[-1:], sdk__pieces="''"),
    broken("another reason", "create", put(*REASON, value="length"), sdk__finish_reason="length"),
    broken("no reason", "stream", lambda chunks: chunks[:-1], sdk__finish_reason="None"),
    broken(
        "one call's arguments lost",
        "helper",
        lambda chunks: [*chunks[:2], *chunks[4:]],
        CALLS,
        sdk__parsed_arguments="raised",
    ),
    broken("lost calls", "create", drop(*MESSAGE, "tool_calls"), CALLS, sdk__calls="weather"),
    broken(
        "id, name repeated", "stream", lambda chunks: [*chunks[:2], *chunks[1:]], CALLS, sdk__calls="weatherweather"
    ),
    broken(
        "other object",
        "async-parse",
        put(*MESSAGE, "content", value='{"name": "Bob"}'),
        STRUCTURED,
        structured__parsed="Bob",
    ),
]
ON_LINE = [
    live("no choices", "create", put("choices", value=[]), sdk__live="IndexError"),
    live("no choices", "async-create", put("choices", value=[]), sdk__live="IndexError"),
    live("chunk without choices", "async-stream", each(drop("choices")), sdk__live="choices"),
    live("no role", "create", drop(*MESSAGE, "role"), sdk__live="APIResponseValidationError"),
    live("lost text", "create", LOST, sdk__live_content="'This'"),
    live("lost text", "helper", lambda chunks: chunks[:2] + chunks[-1:], sdk__live_content="This sentence is too"),
    live(
        "another reason", "stream", lambda chunks: [*chunks[:-1], chunk({}, "length")], sdk__live_finish_reason="length"
    ),
]
NAMELESS = Broken(
    "no request id, create",
    Live,
    TEXT.case("+create", "create"),
    plain_reply(TEXT.body, headers={"content-type": "application/json"}),
    {"sdk.live-request-id": "empty"},
)
DEFECTS = [*CAPTURED, *ON_LINE, NAMELESS]
