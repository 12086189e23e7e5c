"""Good responses of every kind: what the broken ones are made from, and what no check may complain of."""

import json
import time
from copy import deepcopy
from dataclasses import dataclass, field, replace

from conformance.common.cases import Case, traits_of
from conformance.common.scenarios import Call, Expected

LONG = "This sentence is too long for any server to send it in one piece."
DONE = "data: [DONE]\n\n"
USAGE = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens": 8,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 28,
}
HEAD = {
    "id": "resp_1",
    "object": "response",
    "created_at": int(time.time()),
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": {},
    "model": "claude-sonnet-5",
    "output": [],
    "parallel_tool_calls": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "usage": None,
}


@dataclass(frozen=True)
class Flavour:
    """One kind of answer: what is expected of it, and its items."""

    name: str
    expect: Expected
    output: list
    request: dict = field(default_factory=dict)
    tags: frozenset = frozenset()

    def case(self, suffix="", detail=None):
        """Return the case to observe."""
        request = {"model": "sonnet", "input": "Hi"} | self.request
        traits = self.tags | traits_of(self.expect)
        return Case(self.name + suffix, request, self.expect, self.tags, traits, detail)

    @property
    def body(self):
        """The plain response."""
        reason = None if self.expect.finish_reason == "completed" else self.expect.finish_reason
        ended = {"status": "incomplete", "incomplete_details": {"reason": reason}} if reason else {}
        echo = {name: self.request[name] for name in ("tools", "tool_choice") if name in self.request}
        return deepcopy(HEAD | ended | echo | {"output": self.output, "usage": USAGE})

    @property
    def events(self):
        """The events of the stream."""
        begun = self.body | {"status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
        told = [{"type": "response.created", "response": begun}, {"type": "response.in_progress", "response": begun}]
        for at, item in enumerate(self.body["output"]):
            told += life(at, item)
        told.append({"type": f"response.{self.body['status']}", "response": self.body})
        return numbered(told)


def numbered(events):
    """Return the events with numbers."""
    return deepcopy([event | {"sequence_number": number} for number, event in enumerate(events)])


def life(at, item):
    """Return the events of an item's life."""
    empty = {name: type(item[name])() for name in ("content", "summary", "arguments", "input") if name in item}
    begun = {"status": "in_progress"} if "status" in item else {}
    first = {"type": "response.output_item.added", "output_index": at, "item": item | empty | begun}
    last = {"type": "response.output_item.done", "output_index": at, "item": item}
    return [first, *(_PIECES[item["type"]](item, {"item_id": item["id"], "output_index": at})), last]


def _message(item, where):
    for at, part in enumerate(item["content"]):
        key = "text" if part["type"] == "output_text" else "refusal"
        place, more = where | {"content_index": at}, {"logprobs": []} if key == "text" else {}
        kind = f"response.{part['type']}"
        yield {"type": "response.content_part.added", **place, "part": part | {key: ""}}
        yield from ({"type": f"{kind}.delta", **place, "delta": piece, **more} for piece in pieces(part[key]))
        yield {"type": f"{kind}.done", **place, key: part[key], **more}
        yield {"type": "response.content_part.done", **place, "part": part}


def _reasoning(item, where):
    for at, part in enumerate(item["summary"]):
        place = where | {"summary_index": at}
        kind = "response.reasoning_summary"
        yield {"type": f"{kind}_part.added", **place, "part": part | {"text": ""}}
        yield from ({"type": f"{kind}_text.delta", **place, "delta": piece} for piece in pieces(part["text"]))
        yield {"type": f"{kind}_text.done", **place, "text": part["text"]}
        yield {"type": f"{kind}_part.done", **place, "part": part}


def _call(item, where):
    kind = "response.function_call_arguments"
    yield from ({"type": f"{kind}.delta", **where, "delta": piece} for piece in pieces(item["arguments"]))
    yield {"type": f"{kind}.done", **where, "name": item["name"], "arguments": item["arguments"]}


def _custom(item, where):
    kind = "response.custom_tool_call_input"
    yield from ({"type": f"{kind}.delta", **where, "delta": piece} for piece in pieces(item["input"]))
    yield {"type": f"{kind}.done", **where, "input": item["input"]}


_PIECES = {"message": _message, "reasoning": _reasoning, "function_call": _call, "custom_tool_call": _custom}


def pieces(text):
    """Return a text in pieces."""
    return [text[at : at + 20] for at in range(0, len(text), 20)]


def sse(events, end=DONE):
    """Return the text of a stream."""
    return "".join(f"event: {each.get('type')}\ndata: {json.dumps(each)}\n\n" for each in events) + end


def message(*parts, id="msg_1", status="completed"):
    """Return a message."""
    return {"id": id, "type": "message", "status": status, "role": "assistant", "content": list(parts)}


def text(words):
    """Return a part of text."""
    return {"type": "output_text", "text": words, "annotations": [], "logprobs": []}


def call(id, name, arguments, **more):
    """Return a call of a function."""
    kind = {"id": f"fc_{id}", "type": "function_call", "status": "completed", "call_id": id}
    return kind | {"name": name, "arguments": arguments} | more


def function(name):
    """Return a tool."""
    return {"type": "function", "name": name, "description": None, "parameters": {"type": "object"}, "strict": None}


TEXT = Flavour(
    "text",
    Expected(content=LONG, finish_reason="completed", usage=USAGE),
    [message(text(LONG))],
    tags=frozenset({"text"}),
)
LENGTH = replace(
    TEXT,
    name="length",
    expect=replace(TEXT.expect, finish_reason="max_output_tokens"),
    output=[message(text(LONG), status="incomplete")],
)
FILTERED = replace(LENGTH, name="filtered", expect=replace(TEXT.expect, finish_reason="content_filter"))
REFUSED = Flavour(
    "refused",
    Expected(content="", finish_reason="completed"),
    [message({"type": "refusal", "refusal": "I cannot help with that."})],
)
SILENT = Flavour("silent", Expected(content="", finish_reason="completed"), [message(text(""))])
THINKING = Flavour(
    "thinking",
    Expected(content="It is 42.", finish_reason="completed", reasoning="Seventeen and twenty-five."),
    [
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Seventeen and twenty-five."}],
            "encrypted_content": "c2VhbGVk",
        },
        message(text("It is 42.")),
    ],
    request={"include": ["reasoning.encrypted_content"]},
    tags=frozenset({"encrypted_reasoning"}),
)
CALLS = Flavour(
    "calls",
    Expected(content="", finish_reason="completed", calls=(Call("weather", {"city": "Oslo"}), Call("time", {}))),
    [call("call_1", "weather", '{"city": "Oslo"}'), call("call_2", "time", "{}")],
    request={"tools": [function("weather"), function("time")]},
    tags=frozenset({"tools"}),
)
_PATCH = '*** Begin Patch\n+say "hello"\n*** End Patch'
CUSTOM = Flavour(
    "custom",
    Expected(content="", finish_reason="completed", calls=(Call("patch", {"input": _PATCH}), Call("spawn", {}))),
    [
        {
            "id": "ctc_1",
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": "call_1",
            "name": "patch",
            "input": _PATCH,
        },
        call("call_2", "spawn", "{}", namespace="agents"),
    ],
    request={
        "tools": [
            {"type": "custom", "name": "patch"},
            {"type": "namespace", "name": "agents", "description": "Agents.", "tools": [function("spawn")]},
        ],
    },
    tags=frozenset({"tools", "custom_tools", "namespaces"}),
)
ALLOWED = replace(
    CALLS,
    name="allowed",
    request=CALLS.request
    | {
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "auto",
            "tools": [{"type": "function", "name": name} for name in ("weather", "time")],
        }
    },
    tags=frozenset({"tools", "allowed_tools"}),
)
STRUCTURED = Flavour(
    "structured",
    Expected(content='{"name": "Ada"}', finish_reason="completed"),
    [message(text('{"name": "Ada"}'))],
    request={"text": {"format": {"type": "json_schema", "name": "person", "schema": {}}}},
    tags=frozenset({"json_schema"}),
)
FLAVOURS = [TEXT, LENGTH, FILTERED, REFUSED, SILENT, THINKING, CALLS, CUSTOM, ALLOWED, STRUCTURED]
