"""Streams of messages, each with one defect, and streams that break off in the wrong way."""

import json

from conformance.common.cases import Case
from conformance.messages.scenarios import Wanted
from conformance.messages.subjects.breaks import BrokenOff
from conformance.messages.subjects.stream import Stream
from tests.conformance_checks.defects import Broken, drop, put
from tests.conformance_checks.defects.messages_edits import (
    DELTA,
    START,
    STOP,
    change,
    ids,
    insert,
    nothing,
    raw,
    stream,
    without,
)
from tests.conformance_checks.defects.messages_flavours import (
    CALLS,
    SSE,
    TEXT,
    THINKING,
    reply,
    sse,
)

STREAMS = [
    Broken("no stream", Stream, TEXT.case(), reply("no", status=500), ids({"events__status": "500"})),
    stream("plain text", nothing, headers=SSE | {"content-type": "text/plain"}, events__content_type="text/plain"),
    stream("cached", nothing, headers=SSE | {"cache-control": "public"}, events__no_cache="cache"),
    stream("compressed", nothing, headers=SSE | {"content-encoding": "x-gzip"}, events__not_compressed="x-gzip"),
    stream("no id of the request", nothing, headers=SSE | {"request-id": ""}, events__request_id="request-id"),
    stream("Latin-1", raw(lambda told: told.replace("Hello", "H\u00e9").encode("latin-1")), events__utf_8="UTF-8"),
    stream("mark", raw(lambda told: "\ufeff" + told), events__no_mark="byte order"),
    stream("last event not ended", raw(lambda told: told.rstrip("\n")), events__whole="message_stop"),
    stream("field of its own", raw(lambda told: told + "text: Hi\n\n"), events__known_fields="text"),
    stream("no JSON", raw(lambda told: told + "event: message_stop\ndata: oops\n\n"), events__json="MISSING"),
    stream("no names", raw(lambda told: told.replace("event: content_block_delta\n", "")), events__named="text_delta"),
    stream("wrong names", raw(lambda told: told.replace("event: ping", "event: pong")), events__name_fits="pong"),
    stream(
        "two lines", raw(lambda told: told.replace('"message_stop"', '\ndata: "message_stop"')), events__one_line="data"
    ),
    stream("error at the end", lambda events: [*events, {"type": "error", "error": {}}], events__no_error="error"),
    stream("end of OpenAI's", raw(lambda told: told + "event: x\ndata: [DONE]\n\n"), events__no_done="1"),
    stream("event of its own", insert(2, {"type": "thought"}), stream__known_events="thought"),
    stream("no start", without(START), stream__start="content_block_start"),
    stream("two starts", lambda events: [events[0], *events], stream__start="2"),
    stream("start without id", change(START, drop("message", "id")), stream__start_message="False"),
    stream(
        "start with a reason",
        change(START, put("message", "stop_reason", value="end_turn")),
        stream__start_message="end_turn",
    ),
    stream("start with content", change(START, put("message", "content", value=["x"])), stream__start_message="x"),
    stream(
        "blocks from 1",
        lambda events: [put("index", value=1)(e) if "index" in e else e for e in events],
        stream__index="1",
    ),
    stream("block never stops", without(STOP), stream__blocks_in_order="never stops"),
    stream("delta of another block", change(DELTA, put("index", value=7)), stream__blocks_in_order="7"),
    stream(
        "text in a call",
        change(DELTA, put("delta", value={"type": "text_delta", "text": "x"})),
        CALLS,
        stream__deltas_fit="text_delta",
    ),
    stream("null text", change(DELTA, put("delta", "text", value=None)), stream__deltas_typed="None"),
    stream(
        "text in the start",
        change("content_block_start", put("content_block", "text", value="Hello")),
        stream__starts_empty="Hello",
    ),
    stream(
        "no signature",
        lambda events: [e for e in events if "signature" not in e.get("delta", {})],
        THINKING,
        stream__signed="Seventeen",
    ),
    stream("no delta", without("message_delta"), stream__delta="content_block_stop", usage_stream__end="output_tokens"),
    stream("delta twice", lambda events: [*events[:-1], *events[-2:]], stream__delta="2"),
    stream("null reason", change("message_delta", put("delta", "stop_reason", value=None)), stream__stop_reason="None"),
    stream("no stop", without("message_stop"), stream__stop="message_delta"),
    stream(
        "text lost", lambda events: [*events[:3], *events[4:]], stream__content="Hello", stream__same_as_plain="Hello"
    ),
    stream(
        "another reason",
        change("message_delta", put("delta", "stop_reason", value="refusal")),
        stream__same_as_plain="refusal",
    ),
    stream("no counts", change(START, put("message", "usage", value={})), usage_stream__start="input_tokens"),
    stream(
        "counts as text", change("message_delta", put("usage", "output_tokens", value="8")), usage_stream__end="'8'"
    ),
    stream("counts differ", change("message_delta", put("usage", "input_tokens", value=1)), usage_stream__exact="1"),
    stream(
        "calls without id",
        change("content_block_start", put("content_block", "id", value="")),
        CALLS,
        tools__stream_called="weather",
    ),
    stream("input lost", without(DELTA), CALLS, tools__stream_input="Oslo"),
]


ERROR = {
    "type": "error",
    "error": {"type": "invalid_request_error", "message": "max_tokens: Field required"},
    "request_id": "req_1",
}
LIMIT = {"type": "error", "error": {"type": "rate_limit_error", "message": "Wait."}, "request_id": "req_1"}

BEGUN = TEXT.events[:4]
FRAME = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
HALF = Case("half", TEXT.case().request, Wanted(content="Hello", status=529, blocks=()), detail={})


def breaking(name, events, *, headers=SSE, **caught_by):
    """Return a server whose stream breaks off."""
    content = sse(events) if isinstance(events, list) else events
    return Broken(name, BrokenOff, HALF, reply(ERROR, content, stream_headers=headers), ids(caught_by))


CLOSING = TEXT.events[-2:]
UNNAMED = sse(BEGUN) + f"data: {json.dumps(FRAME)}\n\n"
BREAKS = [
    Broken("no stream", BrokenOff, HALF, reply(ERROR, status=529), ids({"break__status": "529"})),
    breaking("text lost", [*BEGUN[:3], FRAME], break__content="Hello"),
    breaking("silent end", BEGUN, break__error="0", break__last="Hello", break__sdk_raises="None"),
    breaking("no name", UNNAMED, break__error="0", break__sdk_raises="None"),
    breaking("error without type", [*BEGUN, {"type": "error", "error": {"message": "no"}}], break__envelope="MISSING"),
    breaking(
        "error of OpenAI's",
        sse([*BEGUN]) + 'event: error\ndata: {"error": {"message": "no"}}\n\n',
        break__envelope="MISSING",
    ),
    breaking("short message", [*BEGUN, *CLOSING], break__no_stop="1", break__sdk_raises="None"),
    breaking("reason before the error", [*BEGUN, CLOSING[0], FRAME], break__no_stop="end_turn"),
    breaking("goes on", [*BEGUN, FRAME, {"type": "ping"}], break__last="ping"),
]


DEFECTS = [*STREAMS, *BREAKS]
