"""Good answers of every kind: what the broken ones are made from, and what no check may complain of."""

import json
import time
from copy import deepcopy
from dataclasses import dataclass, field, replace

import httpx

from conformance.common.cases import Case, traits_of
from conformance.common.scenarios import Call, Expected

NOW = int(time.time())
HEAD = {"id": "chatcmpl-1", "created": NOW, "model": "claude-sonnet-5"}
USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 8,
    "total_tokens": 28,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
JSON = {"content-type": "application/json", "x-request-id": "req_1"}
SSE = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-request-id": "req_1"}
LONG = "This sentence is too long for any server to send it in one piece."
DONE = "data: [DONE]\n\n"


@dataclass(frozen=True)
class Flavour:
    """One kind of answer: what is expected of it, as one object, and as the deltas of a stream."""

    name: str
    expect: Expected
    message: dict
    deltas: list
    request: dict = field(default_factory=dict)
    tags: frozenset = frozenset()

    def case(self, suffix="", detail=None):
        """Return the case to observe."""
        request = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]} | self.request
        traits = self.tags | traits_of(self.expect)
        return Case(self.name + suffix, request, self.expect, self.tags, traits, detail)

    @property
    def body(self):
        """The plain answer."""
        message = {"role": "assistant", "content": None, "refusal": None} | self.message
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.expect.finish_reason}
        return deepcopy(HEAD | {"object": "chat.completion", "choices": [choice], "usage": USAGE})

    @property
    def chunks(self):
        """The chunks of the stream."""
        ends = [*[None] * (len(self.deltas) + 1), self.expect.finish_reason]
        deltas = [{"role": "assistant", "content": ""}, *self.deltas, {}]
        return [chunk(delta, end) for delta, end in zip(deltas, ends, strict=True)]

    @property
    def counted(self):
        """The chunks of a stream that was asked for usage."""
        return [*({**each, "usage": None} for each in self.chunks), usage_chunk()]


def chunk(delta, finish_reason=None):
    """Return one chunk."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return deepcopy(HEAD | {"object": "chat.completion.chunk", "choices": [choice]})


def usage_chunk():
    """Return the chunk that tells the usage."""
    return deepcopy(HEAD | {"object": "chat.completion.chunk", "choices": [], "usage": USAGE})


def sse(chunks, end=DONE):
    """Return the text of a stream."""
    return "".join(f"data: {json.dumps(each)}\n\n" for each in chunks) + end


def plain_reply(body, status=200, headers=JSON):
    """Return a server that answers everything with a JSON body, or with a text."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return lambda request: httpx.Response(status, headers=headers, content=content)


def stream_reply(content, headers=SSE):
    """Return a server that answers everything with a stream."""
    return lambda request: httpx.Response(200, headers=headers, content=content)


def call_delta(index, **fields):
    """Return a delta with a piece of one tool call."""
    return {"tool_calls": [{"index": index, **fields}]}


def _first(index, id, name):
    return call_delta(index, id=id, type="function", function={"name": name, "arguments": ""})


def _more(index, arguments):
    return call_delta(index, function={"arguments": arguments})


TEXT = Flavour(
    "text",
    Expected(content=LONG, finish_reason="stop", usage=USAGE),
    {"content": LONG},
    [{"content": LONG[:20]}, {"content": LONG[20:40]}, {"content": LONG[40:]}],
    tags=frozenset({"text"}),
)
LENGTH = replace(TEXT, name="length", expect=replace(TEXT.expect, finish_reason="length"))
FILTERED = replace(TEXT, name="filtered", expect=replace(TEXT.expect, finish_reason="content_filter"))
STOPPED = replace(TEXT, name="stopped", request={"stop": ["<<END>>"]}, tags=frozenset({"text", "stop"}))
SILENT = Flavour("silent", Expected(content="", finish_reason="stop"), {"content": ""}, [])
THINKING = Flavour(
    "thinking",
    Expected(content="It is 42.", finish_reason="stop", reasoning="Seventeen and twenty-five."),
    {"content": "It is 42.", "reasoning_content": "Seventeen and twenty-five."},
    [{"reasoning_content": "Seventeen and "}, {"reasoning_content": "twenty-five."}, {"content": "It is 42."}],
)
CALLS = Flavour(
    "calls",
    Expected(content="", finish_reason="tool_calls", calls=(Call("weather", {"city": "Oslo"}), Call("time", {}))),
    {
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}},
            {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
        ]
    },
    [
        _first(0, "call_1", "weather"),
        _more(0, '{"city": '),
        _more(0, '"Oslo"}'),
        _first(1, "call_2", "time"),
        _more(1, "{}"),
    ],
    request={"tools": [{"type": "function", "function": {"name": name}} for name in ("weather", "time")]},
    tags=frozenset({"tools"}),
)
STRUCTURED = Flavour(
    "structured",
    Expected(content='{"name": "Ada"}', finish_reason="stop"),
    {"content": '{"name": "Ada"}'},
    [{"content": '{"name"'}, {"content": ': "Ada"}'}],
    request={"response_format": {"type": "json_schema", "json_schema": {"name": "person", "schema": {}}}},
    tags=frozenset({"json_schema"}),
)
FLAVOURS = [TEXT, LENGTH, FILTERED, STOPPED, SILENT, THINKING, CALLS, STRUCTURED]
