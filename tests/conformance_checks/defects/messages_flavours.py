"""Good messages of every kind: what the broken ones are made from, and what no check may complain of."""

import json
from copy import deepcopy
from dataclasses import dataclass, field

import httpx

from conformance.common.scenarios import Call, Scenario
from conformance.messages.scenarios import Wanted
from conformance.messages.subjects.answer import known

USAGE = {"input_tokens": 20, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 8}
JSON = {"content-type": "application/json", "request-id": "req_1"}
SSE = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "request-id": "req_1"}
HEAD = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5"}
_DELTAS = {"text": "text_delta", "thinking": "thinking_delta", "tool_use": "input_json_delta"}


@dataclass(frozen=True)
class Flavour:
    """One kind of message: its blocks, and how it ends."""

    name: str
    blocks: list
    stop_reason: str = "end_turn"
    request: dict = field(default_factory=dict)
    tags: frozenset = frozenset({"text"})
    stop_sequence: str | None = None
    stop_details: dict | None = None
    usage: dict | None = None

    def case(self, suffix="", detail=None):
        """Return the case to observe."""
        calls = tuple(Call(each["name"], each["input"]) for each in self.blocks if each["type"] == "tool_use")
        wanted = Wanted(
            content="".join(each.get("text", "") for each in self.blocks),
            finish_reason=self.stop_reason,
            calls=calls,
            reasoning="".join(each.get("thinking", "") for each in self.blocks) or None,
            usage=self.usage,
            blocks=tuple(self.blocks),
            stop_sequence=self.stop_sequence,
            stop_details=self.stop_details,
        )
        request = {"model": "sonnet", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]} | self.request
        return known(Scenario(self.name, request, wanted, self.tags), suffix, detail)

    @property
    def body(self):
        """The plain message."""
        end = {"stop_reason": self.stop_reason, "stop_sequence": self.stop_sequence, "stop_details": self.stop_details}
        return deepcopy(HEAD | {"content": self.blocks, **end, "usage": USAGE})

    @property
    def events(self):
        """The events of the stream."""
        begun = HEAD | {"content": [], "stop_reason": None, "stop_sequence": None, "usage": USAGE}
        end = {"stop_reason": self.stop_reason, "stop_sequence": self.stop_sequence, "stop_details": self.stop_details}
        blocks = [event for at, block in enumerate(self.blocks) for event in _block(at, block)]
        return deepcopy(
            [
                {"type": "message_start", "message": begun},
                {"type": "ping"},
                *blocks,
                {"type": "message_delta", "delta": end, "usage": USAGE},
                {"type": "message_stop"},
            ]
        )


def _block(at, block):
    """Return the events of one block: what it holds comes in two pieces."""
    start, deltas = dict(block), []
    kind = block["type"]
    if kind in _DELTAS:
        name = {"tool_use": "input"}.get(kind, kind)
        whole = json.dumps(block["input"]) if kind == "tool_use" else block[name]
        start[name] = {} if kind == "tool_use" else ""
        piece = {"tool_use": "partial_json"}.get(kind, kind)
        half = len(whole) // 2
        deltas += [{"type": _DELTAS[kind], piece: part} for part in (whole[:half], whole[half:]) if part]
    for citation in start.pop("citations", ()):
        deltas.append({"type": "citations_delta", "citation": citation})
    if "signature" in block:
        start["signature"] = ""
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    yield {"type": "content_block_start", "index": at, "content_block": start}
    yield from ({"type": "content_block_delta", "index": at, "delta": delta} for delta in deltas)
    yield {"type": "content_block_stop", "index": at}


def sse(events):
    """Return the text of a stream."""
    return "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)


def reply(body=None, stream=None, *, status=200, headers=JSON, stream_headers=SSE):
    """Return a server that answers with a JSON body, or a text, or with a stream where one is asked for."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)

    def server(request):
        asked = json.loads(request.content or b"{}")
        if stream is not None and isinstance(asked, dict) and asked.get("stream"):
            return httpx.Response(200, headers=stream_headers, content=stream)
        return httpx.Response(status, headers=headers, content=content)

    return server


CITATION = {
    "type": "char_location",
    "cited_text": "The mast is 40 m high.",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 22,
    "file_id": None,
}
THOUGHT = {"type": "thinking", "thinking": "Seventeen and twenty-five.", "signature": "c2lnbmF0dXJl"}
OSLO = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}
TIME = {"type": "tool_use", "id": "toolu_2", "name": "time", "input": {}}
DETAILS = {"type": "refusal", "category": "cyber", "explanation": "no"}
SCHEMA = {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}

TEXT = Flavour("text", [{"type": "text", "text": "Hello, Ada."}], usage=USAGE)
SILENT = Flavour("silent", [])
CITED = Flavour("cited", [{"type": "text", "text": "It is 40 m.", "citations": [CITATION]}])
THINKING = Flavour("thinking", [THOUGHT, {"type": "text", "text": "It is 42."}])
REDACTED = Flavour("redacted", [{"type": "redacted_thinking", "data": "eHg="}, {"type": "text", "text": "Done."}])
CALLS = Flavour("calls", [OSLO, TIME], "tool_use", tags=frozenset({"tools"}))
LENGTH = Flavour("length", [{"type": "text", "text": "Hello, A"}], "max_tokens")
STOPPED = Flavour(
    "stopped",
    [{"type": "text", "text": "one, "}],
    "stop_sequence",
    {"stop_sequences": ["two"]},
    frozenset({"text", "stop"}),
    stop_sequence="two",
)
REFUSED = Flavour("refused", [{"type": "text", "text": "I"}], "refusal", stop_details=DETAILS)
STRUCTURED = Flavour(
    "structured", [{"type": "text", "text": '{"name": "Ada"}'}], request=SCHEMA, tags=frozenset({"json_schema"})
)
FLAVOURS = [TEXT, SILENT, CITED, THINKING, REDACTED, CALLS, LENGTH, STOPPED, REFUSED, STRUCTURED]
