"""Streams of responses, each with one defect."""

import gzip
from dataclasses import replace

from conformance.responses.subjects.stream import Stream
from tests.conformance_checks.defects import Broken, drop, each, insert, put
from tests.conformance_checks.defects.flavours import SSE, plain_reply, stream_reply
from tests.conformance_checks.defects.responses_flavours import (
    CALLS,
    CUSTOM,
    DONE,
    FILTERED,
    LENGTH,
    SILENT,
    STRUCTURED,
    TEXT,
    THINKING,
    message,
    numbered,
    sse,
    text,
)
from tests.conformance_checks.defects.responses_plain import ids


def broken(name, edit, flavour=TEXT, **caught_by):
    """Return a server whose events have one edit, and are numbered after it."""
    return _served(name, sse(numbered(edit(flavour.events))), flavour, caught_by)


def framed(name, edit, headers=SSE, flavour=TEXT, **caught_by):
    """Return a server whose bytes have one edit."""
    return _served(name, edit(sse(flavour.events).encode()), flavour, caught_by, headers)


def _served(name, content, flavour, caught_by, headers=SSE):
    return Broken(name, Stream, flavour.case(), stream_reply(content, headers), ids(caught_by))


def at(index, edit):
    """Return an edit of one event of a stream."""
    return lambda events: [edit(event) if event is events[index] else event for event in events]


def of(type, edit):
    """Return an edit of all events of a type."""
    return lambda events: [edit(event) if event["type"] == type else event for event in events]


def without(*types):
    """Return an edit that leaves all events of some types out."""
    return lambda events: [event for event in events if event["type"] not in types]


def ended(edit):
    """Return an edit of the response at the end, and nowhere else."""
    return at(-1, lambda event: event | {"response": edit(event["response"])})


def replaced(old, new):
    """Return an edit of bytes."""
    return lambda content: content.replace(old, new)


def nothing(content):
    """Leave it as it is."""
    return content


def with_header(name, value):
    """Return the headers of a good stream with another one."""
    return {key: item for key, item in (SSE | {name: value}).items() if item is not None}


DELTA = "response.output_text.delta"
FENCED = replace(STRUCTURED, output=[message(text("```json\n{}```"))]).events
PING = b'event: response.created\ndata: {"type"'
FRAMES = [
    Broken("no stream", Stream, TEXT.case(), plain_reply("no", 500), ids({"events__status": "500"})),
    framed("JSON", nothing, with_header("content-type", "application/json"), events__content_type="json"),
    framed("cached", nothing, with_header("cache-control", None), events__no_cache="cache"),
    framed("compressed", gzip.compress, with_header("content-encoding", "gzip"), events__not_compressed="gzip"),
    framed("no request id", nothing, with_header("x-request-id", None), events__request_id="x-request-id"),
    framed("Latin-1", replaced(b"This", b"\xe9"), events__utf_8="UTF-8"),
    framed("byte order mark", lambda content: b"\xef\xbb\xbf" + content, events__no_mark="mark"),
    framed("no blank line at the end", lambda content: content[:-1], events__whole="DONE"),
    framed("unknown field", lambda content: b"type: x\n" + content, events__known_fields="type"),
    framed("ping without data", replaced(PING, b"event: ping\n\n" + PING), events__data="ping"),
    framed("no JSON", replaced(PING, b"data: hello\n\n" + PING), events__json="MISSING"),
    framed("error among them", replaced(PING, b'data: {"error": {"x": 1}}\n\n' + PING), events__no_error="'x'"),
    framed("no names", replaced(b"event: response.created\n", b""), events__named="None"),
    framed("[DONE] twice", lambda content: content + DONE.encode(), events__nothing_after_the_end="DONE"),
]
ORDER = [
    broken("no created", without("response.created"), stream__created_first="in_progress"),
    broken("created with output", at(0, put("response", "output", value=[1])), stream__begins_empty="[1]"),
    broken("no end", without("response.completed"), stream__one_end="0", stream__end_last="item.done"),
    broken("two ends", lambda events: [*events, events[-1]], stream__one_end="2"),
    broken("text after the end", lambda events: [*events, events[5]], stream__end_last="delta"),
    broken("failed at the end", at(-1, put("type", value="response.failed")), stream__not_failed="failed"),
    broken(
        "incomplete as completed", at(-1, put("type", value="response.completed")), LENGTH, stream__not_failed="inc"
    ),
    Broken(
        "no numbers",
        Stream,
        TEXT.case(),
        stream_reply(sse(each(drop("sequence_number"))(TEXT.events))),
        ids({"stream__numbers": "None"}),
    ),
    Broken(
        "numbers from 1",
        Stream,
        TEXT.case(),
        stream_reply(sse([event | {"sequence_number": event["sequence_number"] + 1} for event in TEXT.events])),
        ids({"stream__numbers": "1"}),
    ),
    broken("another id at the end", ended(put("id", value="resp_2")), stream__same_id="2"),
    broken("created twice", ended(put("created_at", value=1)), stream__same_created="2"),
    broken("keepalive", insert(4, {"type": "keepalive"}), stream__known_types="keepalive"),
    broken("lost piece", lambda events: [*events[:5], *events[6:]], stream__content="This", items__sums="This"),
    broken(
        "made-up text",
        lambda _: TEXT.events,
        SILENT,
        stream__no_content="This",
    ),
    broken(
        "all at once",
        lambda events: [*events[:4], put("delta", value=TEXT.expect.content)(events[4]), *events[8:]],
        stream__in_pieces="1 > 1",
    ),
    broken("no logprobs", of(DELTA, drop("logprobs")), stream__logprobs="delta"),
]
LIVES = [
    broken("not added", without("response.output_item.added"), items__added="msg_1", items__named="msg_1"),
    broken("not done", without("response.output_item.done"), items__done="msg_1"),
    broken("done otherwise", of("response.output_item.done", put("item", "content", value=[])), items__done="sentence"),
    broken("no output at the end", ended(put("output", value=[])), items__added="msg_1", items__done="[]"),
    broken("counted from 1", of("response.output_item.added", put("output_index", value=1)), items__indices="[1]"),
    broken("no item id", of(DELTA, drop("item_id")), items__named="output_index"),
    broken("another item id", of(DELTA, put("item_id", value="msg_2")), items__named="msg_2"),
    broken(
        "items mixed",
        lambda events: [*events[:2], events[6], *events[2:6], *events[7:]],
        CALLS,
        items__one_after_the_other="1",
    ),
    broken(
        "text after it was done",
        lambda events: [*events[:10], events[10], events[5], events[11]],
        items__one_after_the_other="delta",
    ),
    broken(
        "added whole",
        of("response.output_item.added", put("item", "content", value=[text("Hi")])),
        items__begin_empty="Hi",
    ),
    broken("no part", without("response.content_part.added"), items__parts_first="delta", items__parts_done="0"),
    broken(
        "part done otherwise",
        of("response.content_part.done", put("part", "text", value="x")),
        items__parts_done="sentence",
    ),
    broken("part not done", without("response.content_part.done"), items__parts_done="1 == 0"),
    broken("sum told otherwise", of("response.output_text.done", put("text", value="x")), items__sums="'x'"),
    broken("no whole text", without("response.output_text.done"), items__wholes="output_text"),
    broken(
        "no whole arguments",
        without("response.function_call_arguments.done"),
        CALLS,
        items__wholes="arguments",
    ),
    broken("delta is an object", at(4, put("delta", value={})), items__deltas_are_text="{}"),
]
ENDINGS = [
    broken("complete as cut", lambda _: LENGTH.events, ending__stream_completed="max_output_tokens"),
    broken("cut as complete", lambda _: TEXT.events, LENGTH, ending__stream_max_output_tokens="completed"),
    broken("refusal as text", lambda _: TEXT.events, FILTERED, ending__stream_content_filter="completed"),
    broken("usage from the start", at(0, put("response", "usage", value={})), usage__stream="{}"),
    broken("no usage", ended(put("usage", value=None)), usage__stream="None"),
]
ARGUMENTS = "response.function_call_arguments"
CALLED = [
    broken("calls dropped", lambda _: TEXT.events, CALLS, tools__stream="weather"),
    broken("call added without name", at(2, drop("item", "name")), CALLS, tools__stream_begin="call_1"),
    broken("call added without call id", at(2, drop("item", "call_id")), CUSTOM, tools__stream_begin="patch"),
    broken("no pieces", without(f"{ARGUMENTS}.delta"), CALLS, tools__stream_pieces="time"),
    broken(
        "thinking dropped",
        without("response.reasoning_summary_text.delta"),
        THINKING,
        reasoning__stream="Seventeen",
    ),
    broken("fenced JSON", lambda _: FENCED, STRUCTURED, structured__stream_bare="```json"),
]
DEFECTS = [*FRAMES, *ORDER, *LIVES, *ENDINGS, *CALLED]
