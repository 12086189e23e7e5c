"""Answer events become the stream of the Messages API, of which they are made (reference, "Streaming"; pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from cmappy import answer
from cmappy.errors import CmappyError
from cmappy.faces.messages.errors import body
from cmappy.faces.messages.fold import Fold

Wire = dict[str, Any]


class Reply:
    """One answer in the making; `id` is the message's, `names` are the client's names of its tools, by the API's."""

    end = b""

    def __init__(self, *, id: str, names: Mapping[str, str] = MappingProxyType({})) -> None:
        self._id = id
        self._names = names
        self._index = -1
        self._delta = ("", "")  # type and field of a piece of the open block
        self._fold = Fold()

    def feed(self, event: answer.Event) -> Iterator[Wire]:
        """Yield the wire events that follow from an answer event."""
        match event:
            case answer.Piece(text):
                kind, field = self._delta
                yield self._block("delta", delta={"type": kind, field: text})
            case answer.TextStart():
                yield self._start({"type": "text", "text": ""}, "text_delta", "text")
            case answer.ThinkingStart():
                block = {"type": "thinking", "thinking": "", "signature": ""}
                yield self._start(block, "thinking_delta", "thinking")
            case answer.CallStart(id, name):
                call: Wire = {"type": "tool_use", "id": id, "name": self._names.get(name, name), "input": {}}
                yield self._start(call, "input_json_delta", "partial_json")
            case answer.OtherStart(block_json):
                yield self._start(orjson.loads(block_json), "input_json_delta", "partial_json")
            case answer.Aside(delta):
                yield self._block("delta", delta=orjson.loads(delta))
            case answer.BlockEnd(signature):
                if signature:
                    yield self._block("delta", delta={"type": "signature_delta", "signature": signature})
                yield self._block("stop")
            case answer.Began(model, usage):
                yield {"type": "message_start", "message": self._message(model, usage)}
            case answer.Ended():
                yield from self._end(event)

    def encode(self, wire: Wire) -> bytes:
        """Return a wire event as one server-sent event; without its name the Python SDK would not see it."""
        return b"event: %b\ndata: %b\n\n" % (wire["type"].encode(), orjson.dumps(wire))

    def add(self, wire: Wire) -> None:
        """Add a wire event to the plain answer."""
        self._fold.add(wire)

    def whole(self) -> dict[str, Any]:
        """Return the message that the added wire events make."""
        return self._fold.whole()

    def broken(self, error: CmappyError) -> bytes:
        """Return the `error` event from which the official SDKs raise; no `message_stop` follows it."""
        return self.encode(body(error))

    def _start(self, block: Wire, kind: str, field: str) -> Wire:
        self._index += 1
        self._delta = kind, field
        return self._block("start", content_block=block)

    def _block(self, what: str, **more: Wire) -> Wire:
        return {"type": f"content_block_{what}", "index": self._index, **more}

    def _message(self, model: str, usage: answer.Usage) -> Wire:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "usage": _usage(usage),
        }

    def _end(self, ended: answer.Ended) -> Iterator[Wire]:
        delta = {"stop_reason": ended.reason, "stop_sequence": ended.stop_sequence, "stop_details": None}
        if ended.details:
            delta |= orjson.loads(ended.details)
        yield {"type": "message_delta", "delta": delta, "usage": _usage(ended.usage)}
        yield {"type": "message_stop"}


def _usage(usage: answer.Usage) -> Wire:
    """Return the API's own counts."""
    told: Wire = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "output_tokens": usage.output_tokens,
    } | (orjson.loads(usage.more) if usage.more else {})
    if usage.thinking_tokens:
        told["output_tokens_details"] = {"thinking_tokens": usage.thinking_tokens}
    return told
