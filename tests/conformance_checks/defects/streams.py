"""Streams, each with one defect."""

import gzip
import json

from conformance.chat.subjects.stream import Counted, Stream
from tests.conformance_checks.defects import Broken, drop, each, ids, insert, put
from tests.conformance_checks.defects.flavours import (
    CALLS,
    DONE,
    FILTERED,
    LENGTH,
    LONG,
    SILENT,
    SSE,
    STOPPED,
    STRUCTURED,
    TEXT,
    THINKING,
    USAGE,
    call_delta,
    chunk,
    plain_reply,
    sse,
    stream_reply,
    usage_chunk,
)

DELTA = ("choices", 0, "delta")
REASON = ("choices", 0, "finish_reason")


def broken(name, edit, flavour=TEXT, **caught_by):
    """Return a server whose chunks have one edit."""
    return _framed(name, sse(edit(flavour.chunks)), flavour, caught_by)


def framed(name, edit, headers=SSE, flavour=TEXT, **caught_by):
    """Return a server whose bytes have one edit."""
    content = sse(flavour.chunks).encode()
    return _framed(name, edit(content), flavour, caught_by, headers)


def counted(name, edit, **caught_by):
    """Return a server whose stream with usage has one edit."""
    server = stream_reply(sse(edit(TEXT.counted)))
    return Broken(name, Counted, TEXT.case(), server, ids(caught_by))


def _framed(name, content, flavour, caught_by, headers=SSE):
    return Broken(name, Stream, flavour.case(), stream_reply(content, headers), ids(caught_by))


def at(index, edit):
    """Return an edit of one chunk of a stream."""
    return lambda chunks: [edit(chunk) if chunk is chunks[index] else chunk for chunk in chunks]


def replaced(old, new):
    """Return an edit of bytes."""
    return lambda content: content.replace(old, new)


def with_header(name, value):
    """Return the headers of a good stream with another one."""
    return {key: item for key, item in (SSE | {name: value}).items() if item is not None}


def later(chunk):
    """Count the calls of a chunk from 1."""
    return put(*DELTA, "tool_calls", 0, "index", value=chunk["choices"][0]["delta"]["tool_calls"][0]["index"] + 1)(
        chunk
    )


def without_index(chunk):
    """Leave out the index of a call."""
    return drop(*DELTA, "tool_calls", 0, "index")(chunk) if "tool_calls" in chunk["choices"][0]["delta"] else chunk


def nothing(content):
    """Leave the stream as it is."""
    return content


ERROR = {"error": {"message": "Overloaded", "type": "server_error", "code": None, "param": None}}
END = DONE.encode()
FRAMES = [
    Broken(
        "server error",
        Stream,
        TEXT.case(),
        plain_reply("Internal Server Error", 500),
        {"events.status": "500", "stream.id": "500"},
    ),
    framed("no events", lambda content: END, stream__id="no chunk"),
    framed(
        "JSON as content type", nothing, with_header("content-type", "application/json"), events__content_type="json"
    ),
    framed("no content type", nothing, with_header("content-type", None), events__content_type="''"),
    framed("may be cached", nothing, with_header("cache-control", "max-age=60"), events__no_cache="cache"),
    framed("no request id", nothing, with_header("x-request-id", None), events__request_id="x-request-id"),
    framed("compressed", gzip.compress, with_header("content-encoding", "gzip"), events__not_compressed="gzip"),
    framed("Latin 1", replaced(b"sentence", b"s\xe9ntence"), events__utf_8="UTF-8"),
    framed("byte order mark", lambda content: b"\xef\xbb\xbf" + content, events__no_mark="byte order mark"),
    framed("last event without blank line", lambda content: content[:-1], events__whole="[DONE]"),
    framed("one line end between events", replaced(b"}\n\ndata", b"}\ndata"), events__json="MISSING"),
    framed("field of its own", replaced(END, b"text: Hi\n\n" + END), events__known_fields="'text'"),
    framed("event: ping without data", replaced(END, b"event: ping\n\n" + END), events__data="event: ping"),
    framed("empty data", replaced(END, b"data:\n\n" + END), events__data="data:"),
    framed("lone retry", replaced(END, b"retry: 3000\n\n" + END), events__data="retry: 3000"),
    framed("event lines", replaced(b"data: {", b"event: message\ndata: {"), events__one_line="event: message"),
    framed("pretty JSON", replaced(b'{"id"', b'{\ndata: "id"'), events__one_line='"id"'),
    framed("half a chunk", replaced(END, b'data: {"id": "chatcm\n\n' + END), events__json="MISSING"),
    framed("null as event", replaced(END, b"data: null\n\n" + END), events__json="None"),
    framed("ping as JSON text", replaced(END, b'data: "ping"\n\n' + END), events__json="ping"),
    framed(
        "error, then [DONE]",
        replaced(END, b"data: " + json.dumps(ERROR).encode() + b"\n\n" + END),
        events__no_error="Overloaded",
    ),
    framed("no [DONE]", replaced(END, b""), events__done="0"),
    framed("[DONE] twice", lambda content: content + END, events__done="2"),
    framed("chunk after [DONE]", lambda content: END + content.replace(END, b""), events__done_last="chatcmpl-1"),
]
CHUNKS = [
    broken("wrong object", each(put("object", value="chat.completion")), stream__object="chat.completion"),
    broken("no id", each(drop("id")), stream__id="MISSING"),
    broken("number as id", each(put("id", value=7)), stream__id="7"),
    broken("new id for each chunk", at(2, put("id", value="chatcmpl-2")), stream__same_id="2"),
    broken("float created", each(put("created", value=1.5)), stream__created="1.5"),
    broken("created anew", at(2, put("created", value=1)), stream__same_created="2"),
    broken("null model", each(put("model", value=None)), stream__model="None"),
    broken("another model", at(2, put("model", value="haiku")), stream__same_model="2"),
    broken("chunk without choices", at(2, drop("choices")), stream__choices="MISSING"),
    broken("empty choices", insert(2, {**usage_chunk(), "usage": None}), stream__one_choice="[]"),
    broken("two choices", at(2, lambda chunk: chunk | {"choices": chunk["choices"] * 2}), stream__one_choice="index"),
    broken("index from 1", each(put("choices", 0, "index", value=1)), stream__choice_index="1"),
    broken("no index", each(drop("choices", 0, "index")), stream__choice_index="None"),
    broken("null delta", at(-1, put(*DELTA, value=None)), stream__delta="None"),
    broken(
        "message for delta",
        at(-1, lambda chunk: put("choices", 0, "message", value={})(drop(*DELTA)(chunk))),
        stream__delta="message",
    ),
    broken(
        "role in every chunk",
        each(put(*DELTA, "role", value="assistant")),
        stream__role_once="4 more items",
    ),
    broken("no role", at(0, drop(*DELTA, "role")), stream__role_once="[]", stream__role_first="None"),
    broken("role at the end", lambda chunks: [*chunks[1:-1], chunks[0], chunks[-1]], stream__role_first="None"),
    broken(
        "content in parts", at(1, put(*DELTA, "content", value=[{"text": "Hi"}])), stream__content_type_of_text="Hi"
    ),
    broken("lost piece", lambda chunks: [*chunks[:2], *chunks[3:]], stream__content="This sentence is too"),
    broken("whole text once more", insert(-1, chunk({"content": LONG})), stream__content="piece.This"),
    broken("error text as answer", insert(1, chunk({"content": "API Error: "})), stream__content="API Error"),
    broken("made-up text", insert(1, chunk({"content": "(no content)"})), SILENT, stream__no_content="(no content)"),
    broken("all at once", lambda chunks: [chunks[0], chunk({"content": LONG}), chunks[-1]], stream__in_pieces="1"),
    broken("no finish reason", lambda chunks: chunks[:-1], stream__finish_reason="0"),
    broken("two finish reasons", insert(-1, chunk({}, "stop")), stream__finish_reason="2"),
    broken("end_turn", at(-1, put(*REASON, value="end_turn")), stream__known_finish_reason="end_turn"),
    broken(
        "text after the finish reason",
        lambda chunks: [*chunks[:-2], chunks[-1], chunks[-2]],
        stream__finish_last="follows",
    ),
    broken(
        "text with the finish reason",
        lambda chunks: [*chunks[:-2], put(*REASON, value="stop")(chunks[-2])],
        stream__empty_finish="one piece",
    ),
    broken("usage without request", insert(9, usage_chunk()), stream__no_usage="prompt_tokens"),
    broken(
        "logprobs without request",
        at(1, put("choices", 0, "logprobs", value={"content": []})),
        stream__logprobs="content",
    ),
    broken("empty tool calls", at(1, put(*DELTA, "tool_calls", value=[])), stream__no_empty_calls="[]"),
]
ENDINGS = [
    broken("stop as length", at(-1, put(*REASON, value="length")), ending__stream_stop="length"),
    broken("length as stop", at(-1, put(*REASON, value="stop")), LENGTH, ending__stream_length="stop"),
    broken("filter as stop", at(-1, put(*REASON, value="stop")), FILTERED, ending__stream_content_filter="stop"),
    broken("calls as stop", at(-1, put(*REASON, value="stop")), CALLS, ending__stream_tool_calls="stop"),
    broken(
        "stop shown across pieces",
        lambda chunks: [chunks[0], chunk({"content": "Keep<<E"}), chunk({"content": "ND>>"}), chunks[-1]],
        STOPPED,
        stop__stream_hidden="<<END>>",
    ),
]
COUNTS = [
    counted("no usage", lambda chunks: chunks[:-1], usage_stream__once="0", usage_stream__last="no usage"),
    counted(
        "usage in every chunk", each(put("usage", value=USAGE)), usage_stream__once="6", usage_stream__null_before="20"
    ),
    counted(
        "usage in a chunk with choices",
        at(-1, put("choices", value=TEXT.chunks[-1]["choices"])),
        usage_stream__no_choices="finish_reason",
    ),
    counted("chunk after usage", lambda chunks: [*chunks[:-2], chunks[-1], chunks[-2]], usage_stream__last="no usage"),
    counted("usage early", lambda chunks: [chunks[-1], *chunks[:-1]], usage_stream__last="no usage"),
    counted("usage key missing before", lambda chunks: [*TEXT.chunks, chunks[-1]], usage_stream__null_before="MISSING"),
    counted("float counts", at(-1, put("usage", "prompt_tokens", value=20.5)), usage_stream__counts="20.5"),
    counted(
        "Anthropic's names", at(-1, put("usage", value={"input_tokens": 20})), usage_stream__counts="prompt_tokens"
    ),
    counted("wrong sum", at(-1, put("usage", "total_tokens", value=20)), usage_stream__sum="-8"),
    counted(
        "more thinking than answer",
        at(-1, put("usage", "completion_tokens_details", "reasoning_tokens", value=80)),
        usage_stream__details="80",
    ),
    counted("cache not counted", at(-1, put("usage", "prompt_tokens", value=16)), usage_stream__exact="16"),
    counted("finish reason lost", lambda chunks: [*chunks[:-2], chunks[-1]], usage_stream__finish_reason="0"),
]
CALL = (*DELTA, "tool_calls", 0)
TOOLS = [
    broken("calls dropped", lambda chunks: [chunks[0], chunks[-1]], CALLS, tools__stream_called="weather"),
    broken("one call of two", lambda chunks: [*chunks[:4], chunks[-1]], CALLS, tools__stream_called="time"),
    broken(
        "calls counted from 1",
        lambda chunks: [chunks[0], *map(later, chunks[1:-1]), chunks[-1]],
        CALLS,
        tools__stream_index="[1, 2]",
    ),
    broken("call without index", each(without_index), CALLS, tools__stream_index="MISSING"),
    broken("id repeated", at(2, put(*CALL, "id", value="call_1")), CALLS, tools__stream_id_once="[2, 1]"),
    broken(
        "call without id",
        at(1, drop(*CALL, "id")),
        CALLS,
        tools__stream_id_once="[0, 1]",
        tools__stream_first_piece="weather",
    ),
    broken("same id for two calls", at(4, put(*CALL, "id", value="call_1")), CALLS, tools__stream_ids_differ="call_1"),
    broken(
        "name repeated", at(2, put(*CALL, "function", "name", value="weather")), CALLS, tools__stream_name_once="[2, 1]"
    ),
    broken("no type", at(1, drop(*CALL, "type")), CALLS, tools__stream_first_piece="weather"),
    broken(
        "arguments as object",
        at(5, put(*CALL, "function", "arguments", value={})),
        CALLS,
        tools__stream_arguments_text="{}",
    ),
    broken("no arguments", lambda chunks: [*chunks[:5], chunks[-1]], CALLS, tools__stream_arguments="''"),
    broken(
        "arguments twice",
        insert(4, chunk(call_delta(0, function={"arguments": '{"city": "Oslo"}'}))),
        CALLS,
        tools__stream_arguments="Oslo",
    ),
    broken(
        "calls mixed",
        lambda chunks: [*chunks[:2], chunks[4], chunks[2], chunks[5], *chunks[3:4], chunks[-1]],
        CALLS,
        tools__stream_one_after_the_other="[0, 1, 0, 1, 0]",
    ),
]
THOUGHTS = [
    broken("thinking dropped", lambda chunks: [chunks[0], *chunks[3:]], THINKING, reasoning__stream="Seventeen"),
    broken(
        "thinking and text in one delta",
        at(2, put(*DELTA, "content", value="It is")),
        THINKING,
        reasoning__stream_apart="It is",
    ),
    broken(
        "think tags in the text", insert(1, chunk({"content": "<think>"})), THINKING, reasoning__stream_apart="<think"
    ),
    broken(
        "thinking after the text",
        lambda chunks: [chunks[0], chunks[3], *chunks[1:3], chunks[-1]],
        THINKING,
        reasoning__stream_first="content",
    ),
]
STRUCTURE = [
    broken("fenced JSON", insert(1, chunk({"content": "```json\n"})), STRUCTURED, structured__stream_bare="```json"),
]
DEFECTS = [*FRAMES, *CHUNKS, *ENDINGS, *COUNTS, *TOOLS, *THOUGHTS, *STRUCTURE]
