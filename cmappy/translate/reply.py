"""The CLI's events become OpenAI's chunks.

Rules: the role is said once; a block is sent once, although the CLI repeats it after its deltas; the reply is over at
the first stop reason, because the CLI would go on by itself after some of them (CLI_PROTOCOL 6); a turn that ends
without a stop reason is an error, never a short answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

import orjson

from cmappy import events
from cmappy.errors import CliFailed
from cmappy.openai.answer import Chunk, FinishReason, Head
from cmappy.translate.calls import Calls
from cmappy.translate.failure import failure
from cmappy.translate.stop import Stop
from cmappy.translate.structured import Structured
from cmappy.translate.tally import Tally

Reasoning = Literal["off", "reasoning_content", "reasoning", "both"]

_REASONING_FIELDS = {
    "off": (),
    "reasoning_content": ("reasoning_content",),
    "reasoning": ("reasoning",),
    "both": ("reasoning_content", "reasoning"),
}
_FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class Reply:
    """One answer in the making: feed it events, send the chunks that come out, until `finished`.

    `created` is in Unix seconds. `schema` is the JSON Schema that the answer must follow; `names` are the client's
    names of its functions, where the API's are others; `legacy` answers with `function_call` instead of `tool_calls`.
    """

    def __init__(
        self,
        *,
        id: str,
        created: int,
        stop: tuple[str, ...] = (),
        schema: str = "",
        names: Mapping[str, str] = MappingProxyType({}),
        legacy: bool = False,
        reasoning: Reasoning = "reasoning_content",
    ) -> None:
        self.finished = False
        self._id, self._created = id, created
        self._reasoning = _REASONING_FIELDS[reasoning]
        self._stop = Stop(stop)
        self._structured = Structured(schema) if schema else None
        self._names = names
        self._calls = Calls(legacy=legacy)
        self._tally = Tally()
        self._head: Head | None = None
        self._streamed_id = self._whole_id = ""
        self._whole_reason: str | None = None
        self._said_anything = False
        self._limit: events.RateLimit | None = None

    def feed(self, event: events.Event) -> Iterator[Chunk]:
        """Yield the chunks that follow from an event; raises the error that the event tells of."""
        if self._whole_reason and isinstance(event, events.UserMessage | events.ControlRequest | events.Result):
            yield from self._end_whole(self._whole_reason)
            if self.finished:
                return
        match event:
            case events.TextDelta(text=text):
                yield from self._text(text)
            case events.ArgumentsDelta(partial_json=piece):
                yield from self._arguments(piece)
            case events.ThinkingDelta(thinking=thinking):
                yield from self._think(thinking)
            case events.BlockStart(type="tool_use"):
                yield from self._call(event.id, event.name)
            case events.BlockStop():
                yield from self._stop_block()
            case events.MessageStart():
                self._streamed_id = event.id
                yield from self._start(event)
            case events.MessageDelta(stop_reason=str(reason)):
                self._tally.count(event.usage)
                yield from self._end(reason)
            case events.AssistantMessage(synthetic=False) if event.id != self._streamed_id:
                yield from self._whole_message(event)
            case events.Abandoned(from_block_index=index) if index:
                raise _broken_off()
            case events.ApiRetry() if self._said_anything:
                raise _broken_off()  # before the second try is paid for, which could not be shown
            case events.RateLimit():
                self._limit = event
            case events.Result(is_error=True):
                raise failure(event, self._limit)
            case events.Result() if self._structured:
                raise self._structured.missing()
            case events.Result(stop_reason=str(reason)):
                yield from self._finish(reason)

    def close(self) -> None:
        """Say that no more events will come; raises CliFailed if the answer is not complete."""
        if not self.finished:
            raise CliFailed("The Claude Code CLI ended in the middle of the answer. Try again.")

    def _start(self, message: events.MessageStart) -> Iterator[Chunk]:
        if self._said_anything:
            raise _broken_off()
        self._tally.start(message.usage)
        if self._head is None:
            self._head = Head(self._id, self._created, message.model)
            yield Chunk(self._head, {"role": "assistant", "content": ""})

    def _whole_message(self, message: events.AssistantMessage) -> Iterator[Chunk]:
        """Answer from a message that came without deltas, as after the CLI's own non-streaming second try."""
        if message.id != self._whole_id:  # else it is the next block of the same message
            self._whole_id = message.id
            yield from self._start(events.MessageStart(id=message.id, model=message.model, usage=message.usage))
        self._whole_reason = message.stop_reason
        for block in message.content:
            if self.finished:
                return
            match block:
                case {"type": "text", "text": str(text)}:
                    yield from self._text(text)
                case {"type": "thinking", "thinking": str(thinking)}:
                    yield from self._think(thinking)
                case {"type": "tool_use", "id": str(id), "name": str(name), "input": arguments}:
                    yield from self._call(id, name)
                    yield from self._arguments(orjson.dumps(arguments).decode())
                    yield from self._stop_block()

    def _end_whole(self, reason: str) -> Iterator[Chunk]:
        """Finish a message that came without deltas: its blocks are followed by what the CLI makes of them."""
        self._whole_reason = None
        yield from self._end(reason)

    def _think(self, thinking: str) -> Iterator[Chunk]:
        if thinking and self._reasoning:
            yield self._chunk(dict.fromkeys(self._reasoning, thinking))

    def _text(self, text: str) -> Iterable[Chunk]:
        if self._structured:
            self._structured.prose += text
            return ()
        return self._show(text)

    def _show(self, text: str) -> Iterator[Chunk]:
        shown = self._stop.feed(text)
        if shown:
            yield self._chunk({"content": shown})
        if self._stop.reached:
            yield from self._finish("stop_sequence")

    def _call(self, id: str, name: str) -> Iterator[Chunk]:
        if self._structured and self._structured.begins(name):
            return
        yield from self._flush()
        yield from self._deltas(self._calls.start(id, self._names.get(name, name)))

    def _arguments(self, piece: str) -> Iterator[Chunk]:
        if self._structured and self._structured.open:
            return self._show(self._structured.feed(piece))
        return self._deltas(self._calls.feed(piece))

    def _stop_block(self) -> Iterator[Chunk]:
        if self._structured and self._structured.open:
            return self._show(self._structured.stop())
        return self._deltas(self._calls.stop())

    def _end(self, reason: str) -> Iterator[Chunk]:
        """Finish, unless the answer lacks its structured part: then the CLI asks the model once more."""
        if self._structured:
            if reason == "end_turn":
                self._tally.close()
                return
            if reason == "tool_use" and self._structured.given:
                self._structured.check()
                reason = "tool_use" if self._calls.any else "end_turn"
            if reason == "refusal" and self._structured.prose:
                yield self._chunk({"refusal": self._structured.prose})
        yield from self._finish(reason)

    def _finish(self, reason: str) -> Iterator[Chunk]:
        yield from self._flush()
        if reason not in _FINISH_REASONS:
            raise CliFailed(f"The model stopped for a reason that cmappy does not know ({reason}). Upgrade cmappy.")
        self.finished = True
        finish_reason = self._calls.finish_reason if reason == "tool_use" else _FINISH_REASONS[reason]
        yield self._chunk({}, finish_reason)
        yield Chunk(self._heading(), usage=self._tally.total())

    def _flush(self) -> Iterator[Chunk]:
        held = self._stop.flush()
        if held:
            yield self._chunk({"content": held})

    def _deltas(self, deltas: Iterator[dict[str, Any]]) -> Iterator[Chunk]:
        return (self._chunk(delta) for delta in deltas)

    def _chunk(self, delta: dict[str, Any], finish_reason: FinishReason | None = None) -> Chunk:
        self._said_anything = True
        return Chunk(self._heading(), delta, finish_reason)

    def _heading(self) -> Head:
        if self._head is None:
            raise CliFailed("The Claude Code CLI answered without saying which model it is. Try again.")
        return self._head


def _broken_off() -> CliFailed:
    return CliFailed(
        "The connection to the API was lost in the middle of the answer. Try again.", code="upstream_error"
    )
