"""Answer events become the events of a response: its items, one after the other, and the response itself at both ends.

The plain answer is what the last event carries. A call that the token limit has cut is left out: half its arguments
would be run by somebody. An answer never ends without a message or a call: there are clients that would ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from cmappy import answer
from cmappy.errors import CmappyError
from cmappy.faces.responses import failure
from cmappy.faces.responses.events import DONE, Event, Wire
from cmappy.faces.responses.output import Call, CustomCall, Item, ItemStatus, Message, Reasoning
from cmappy.faces.responses.sealed import seal
from cmappy.middle.properties import Renamer
from cmappy.turn import Opaque, Thinking

_NONE: Mapping[str, str] = MappingProxyType({})
_REFUSED = "The model declined to answer this."
_CUT = {"max_tokens", "model_context_window_exceeded"}


class Called(NamedTuple):
    """What the client calls a tool whose name is another one for the API."""

    name: str
    namespace: str = ""
    custom: bool = False


def _forget(response: dict[str, Any], output: list[dict[str, Any]]) -> None:
    """Keep nothing."""


class Reply:
    """One answer in the making.

    `base` is the response without what is known at its end, `token` makes the ids of its items. `names` are what the
    client calls its tools, by the API's names, `properties` its names of their parameters, for each of the API's tools
    that has such, `keys` those of the answer itself if it is JSON. `clock` returns Unix seconds. `keep` is given the
    response when it is complete, and its items with their sealed thinking.
    """

    end = DONE

    def __init__(
        self,
        base: Mapping[str, Any],
        *,
        token: str,
        clock: Callable[[], float],
        names: Mapping[str, Called] = MappingProxyType({}),
        properties: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        keys: Mapping[str, str] = _NONE,
        model: str = "",
        show_thinking: bool = True,
        seal_thinking: bool = False,
        keep: Callable[[dict[str, Any], list[dict[str, Any]]], None] = _forget,
    ) -> None:
        self._response = dict(base)
        self._token = token
        self._clock = clock
        self._names, self._properties, self._keys = names, properties, keys
        self._renamer = Renamer(_NONE)
        self._models = [model]
        self._shown, self._sealing = show_thinking, seal_thinking
        self._keep = keep
        self._items: list[Item] = []  # those that are in the output, or will be
        self._open: Item | None = None  # the one that has begun and not ended
        self._block: Message | Reasoning | Call | None = None  # the one that gets the pieces
        self._count = 0
        self._number = 0
        self._said = self._text_due = False
        self._whole: dict[str, Any] = {}

    def feed(self, event: answer.Event) -> list[Wire]:
        """Return the events that follow from an answer event; what this API has no word for is left out."""
        match event:
            case answer.Piece(text):
                return self._piece(self._renamer.feed(text))
            case answer.TextStart():
                self._text_due = True  # a text that stays empty is no message
                self._renamer = Renamer(self._keys)
            case answer.ThinkingStart():
                return self._think()
            case answer.CallStart(id, name):
                return self._call(id, name)
            case answer.OtherStart(block):
                return self._other(block)
            case answer.BlockEnd(signature):
                return self._end_block(signature)
            case answer.Began(model):
                self._models.append(model)
                self._response["model"] = model
                return self._begin()
            case answer.Ended():
                return self._finish(event)
        return []

    def encode(self, wire: Wire) -> bytes:
        """Return an event as bytes of the stream, with its number; each is encoded once, in order."""
        encoded = wire.encode(self._number)
        self._number += 1
        return encoded

    def add(self, wire: Wire) -> None:
        """Take the response from the event that ends the answer."""
        if isinstance(wire, Event) and wire.type in {"response.completed", "response.incomplete"}:
            self._whole = wire.body["response"]

    def whole(self) -> dict[str, Any]:
        """Return the response."""
        return self._whole

    def broken(self, error: CmappyError) -> bytes:
        """Return the error twice, as `error` and as `response.failed`: each alone is overlooked by some client."""
        begun: list[Wire] = [] if self._number else self._begin()
        output = [item.json for item in self._items if item is not self._open]
        response = self._response | {"status": "failed", "output": output, "error": failure.of_response(error)}
        last = [Event("error", failure.event(error)), Event("response.failed", {"response": response})]
        return b"".join(self.encode(wire) for wire in [*begun, *last])

    def _piece(self, text: str) -> list[Wire]:
        begun = self._text() if self._text_due and text else []
        return [*begun, *self._block.feed(text)] if self._block and text else begun

    def _begin(self) -> list[Wire]:
        begun = {"response": dict(self._response)}
        return [Event("response.created", begun), Event("response.in_progress", begun)]

    def _add(self, item: Message | Reasoning | Call) -> list[Wire]:
        self._items.append(item)
        self._open = self._block = item
        self._count += 1
        return item.begin()

    def _close(self, status: ItemStatus = "completed") -> list[Wire]:
        """End the open item, if there is one."""
        item, self._open = self._open, None
        return item.end(status) if item else []

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{self._token}{self._count:02x}"

    def _text(self) -> list[Wire]:
        self._said, self._text_due = True, False
        if isinstance(self._open, Message):
            self._block = self._open
            return self._open.open()
        message = Message(self._count, self._id("msg"))
        return [*self._close(), *self._add(message), *message.open()]

    def _think(self) -> list[Wire]:
        self._renamer = Renamer(_NONE)
        closed = self._close()
        if not self._shown and not self._sealing:
            return closed
        item = Reasoning(self._count, self._id("rs"), shown=self._shown, sealing=self._sealing)
        return [*closed, *self._add(item)]

    def _other(self, block: str) -> list[Wire]:
        """Begin a block of thinking that nobody may read; other blocks are left out."""
        opaque = Opaque(block)
        if opaque.api().get("type") != "redacted_thinking":
            return []
        begun = self._think()
        if isinstance(self._open, Reasoning):
            self._open.sealed = seal(opaque, self._models)
        return begun

    def _call(self, id: str, name: str) -> list[Wire]:
        self._said = True
        called = self._names.get(name, Called(name))
        self._renamer = Renamer(self._properties.get(name, _NONE))
        kind, prefix = (CustomCall, "ctc") if called.custom else (Call, "fc")
        call = kind(self._count, self._id(prefix), id, called.name, called.namespace)
        return [*self._close(), *self._add(call)]

    def _end_block(self, signature: str) -> list[Wire]:
        rest = self._piece(self._renamer.flush())
        block, self._block, self._text_due = self._block, None, False
        return [*rest, *self._closed(block, signature)]

    def _closed(self, block: Message | Reasoning | Call | None, signature: str) -> list[Wire]:
        match block:
            case Message():
                return block.close()
            case Reasoning():
                if signature:
                    block.sealed = seal(Thinking(block.text(), signature), self._models)
                return self._close()
            case Call() if block.complete:
                return self._close()
        return []  # a call that may have been cut: what comes next tells

    def _finish(self, ended: answer.Ended) -> list[Wire]:
        refused = ended.reason == "refusal"
        reason = "max_output_tokens" if ended.reason in _CUT else "content_filter" if refused and self._said else ""
        events: list[Wire] = []
        if refused and (ended.refusal or not self._said):
            reason = ""
            events += self._say(ended.refusal or _REFUSED, refusal=True)
        elif not self._said and not reason:
            events += self._say("")
        if reason and isinstance(self._open, Call):
            self._items.remove(self._open)
            self._open = None
        events += self._close("incomplete" if reason else "completed")
        status = "incomplete" if reason else "completed"
        response = self._response | {
            "status": status,
            "incomplete_details": {"reason": reason} if reason else None,
            "completed_at": int(self._clock()) if not reason else None,
            "output": [item.json for item in self._items],
            "usage": _usage(ended.usage),
        }
        self._keep(response, [item.kept for item in self._items])
        return [*events, Event(f"response.{status}", {"response": response})]

    def _say(self, text: str, *, refusal: bool = False) -> list[Wire]:
        """Return a whole message that the server adds."""
        message = Message(self._count, self._id("msg"))
        events = [*self._close(), *self._add(message), *message.open("refusal" if refusal else "output_text")]
        self._block = None
        return [*events, *(message.feed(text) if text else []), *message.close()]


def _usage(usage: answer.Usage) -> dict[str, Any]:
    """Return the counts in OpenAI's sense: the input includes what the cache held."""
    read, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    input_tokens = usage.input_tokens + read + written
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.thinking_tokens},
        "total_tokens": input_tokens + usage.output_tokens,
    }
