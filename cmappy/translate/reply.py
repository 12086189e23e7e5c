"""The CLI's events become OpenAI's chunks.

Rules: the role is said once; text is sent once, although the CLI repeats every block after its deltas; the reply is
over at the first stop reason, because the CLI would go on by itself after some of them (CLI_PROTOCOL 6); a turn that
ends without a stop reason is an error, never a short answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from cmappy import events
from cmappy.errors import CliFailed
from cmappy.openai.answer import Chunk, FinishReason, Head, Usage
from cmappy.translate.failure import failure
from cmappy.translate.stop import Stop

Reasoning = Literal["off", "reasoning_content", "reasoning", "both"]

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
    """One answer in the making: feed it events, send the chunks that come out, until `finished`."""

    def __init__(
        self, *, id: str, created: int, stop: tuple[str, ...] = (), reasoning: Reasoning = "reasoning_content"
    ) -> None:
        self.finished = False
        self._id, self._created = id, created
        self._stop = Stop(stop)
        self._reasoning_fields = {
            "off": (),
            "both": ("reasoning_content", "reasoning"),
        }.get(reasoning, (reasoning,))
        self._head: Head | None = None
        self._message_id = ""
        self._said_anything = False
        self._usage: dict[str, int] = {}

    def feed(self, event: events.Event) -> Iterator[Chunk]:
        """Yield the chunks that follow from an event; raises the error that the event tells of."""
        match event:
            case events.TextDelta(text=text):
                yield from self._text(text)
            case events.ThinkingDelta(thinking=thinking) if thinking and self._reasoning_fields:
                yield self._chunk(dict.fromkeys(self._reasoning_fields, thinking))
            case events.MessageStart():
                yield from self._start(event)
            case events.MessageDelta(stop_reason=str(reason)):
                self._count(event.usage)
                yield from self._finish(reason)
            case events.AssistantMessage(synthetic=False) if event.id != self._message_id:
                yield from self._whole_message(event)
            case events.Result(is_error=True):
                raise failure(event)
            case events.Result(stop_reason=str(reason)):
                yield from self._finish(reason)

    def close(self) -> None:
        """Say that no more events will come; raises CliFailed if the answer is not complete."""
        if not self.finished:
            raise CliFailed("The Claude Code CLI ended in the middle of the answer. Try again.")

    def _start(self, message: events.MessageStart) -> Iterator[Chunk]:
        if self._said_anything:
            raise CliFailed("The connection to the API was lost in the middle of the answer. Try again.")
        self._message_id = message.id
        self._usage.clear()
        self._count(message.usage)
        if self._head is None:
            self._head = Head(self._id, self._created, message.model)
            yield self._chunk({"role": "assistant", "content": ""})

    def _whole_message(self, message: events.AssistantMessage) -> Iterator[Chunk]:
        """Answer from a message that came without deltas, as after the CLI's own non-streaming second try."""
        yield from self._start(events.MessageStart(id=message.id, model=message.model, usage=message.usage))
        for block in message.content:
            if block.get("type") == "text":
                yield from self._text(block["text"])

    def _text(self, text: str) -> Iterator[Chunk]:
        shown = self._stop.feed(text)
        if shown:
            yield self._chunk({"content": shown})
        if self._stop.reached:
            yield from self._finish("stop_sequence")

    def _finish(self, reason: str) -> Iterator[Chunk]:
        held = self._stop.flush()
        if held:
            yield self._chunk({"content": held})
        if reason not in _FINISH_REASONS:
            raise CliFailed(f"The model stopped for a reason that cmappy does not know ({reason}). Upgrade cmappy.")
        self.finished = True
        yield self._chunk({}, _FINISH_REASONS[reason])
        yield Chunk(self._heading(), usage=self._total())

    def _chunk(self, delta: dict[str, Any], finish_reason: FinishReason | None = None) -> Chunk:
        self._said_anything = self._said_anything or "role" not in delta
        return Chunk(self._heading(), delta, finish_reason)

    def _heading(self) -> Head:
        if self._head is None:
            raise CliFailed("The Claude Code CLI answered without saying which model it is. Try again.")
        return self._head

    def _count(self, usage: events.Usage) -> None:
        self._usage.update(usage.counts())

    def _total(self) -> Usage:
        counts = self._usage
        read, written = counts.get("cache_read_input_tokens", 0), counts.get("cache_creation_input_tokens", 0)
        return Usage(
            prompt_tokens=counts.get("input_tokens", 0) + read + written,
            completion_tokens=counts.get("output_tokens", 0),
            cached_tokens=read,
            cache_write_tokens=written,
            reasoning_tokens=counts.get("thinking_tokens", 0),
        )
