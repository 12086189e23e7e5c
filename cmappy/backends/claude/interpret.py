"""The CLI's lines become answer events (pure). Everything that is the CLI's own habit ends here.

Rules: a block is told once, although the CLI repeats it after its deltas; the answer is over at the first stop reason,
because the CLI would go on by itself after some of them; a block begins with its first piece, so that a second try of
the CLI's finds nothing told that it would repeat; a turn that ends without a stop reason is an error, never a short
answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast, get_args

import orjson

from cmappy import answer
from cmappy.backends.claude import events, parse
from cmappy.backends.claude.blocks import Blocks
from cmappy.backends.claude.counts import Counts
from cmappy.backends.claude.failure import failure
from cmappy.backends.claude.structured import Structured
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed
from cmappy.turn import Turn

_STOP_REASONS = get_args(answer.StopReason)
_AFTER_WHOLE = (events.UserMessage, events.ControlRequest, events.Result)


class Interpreter:
    """One answer in the making: feed it the lines of a turn until it is `finished`."""

    def __init__(self, turn: Turn) -> None:
        self.finished = False
        self._blocks = Blocks(turn.stop)
        self._structured = Structured(turn.schema) if turn.schema else None
        self._counts = Counts()
        self._began = False
        self._streamed_id = self._whole_id = ""
        self._whole_reason: str | None = None
        self._limit: events.RateLimit | None = None

    def feed(self, line: Line) -> Iterator[answer.Event]:
        """Yield the events that follow from a line; raises the error that it tells of."""
        event = parse.read(line)
        if self._whole_reason and isinstance(event, _AFTER_WHOLE):
            yield from self._end_whole(self._whole_reason)
            if self.finished:
                return
        match event:
            case events.TextDelta(text):
                yield from self._text(text)
            case events.ArgumentsDelta(piece):
                yield from self._arguments(piece)
            case events.ThinkingDelta(thinking):
                yield from self._blocks.piece(thinking)
            case events.SignatureDelta(signature):
                self._blocks.signature += signature
            case events.OtherDelta(delta):
                yield from self._blocks.aside(delta)
            case events.BlockStart():
                yield from self._start_block(event)
            case events.BlockStop():
                yield from self._stop_block()
            case events.MessageStart():
                self._streamed_id = event.id
                yield from self._start(event.model, event.usage)
            case events.MessageDelta(stop_reason=str(reason)):
                self._counts.update(event.usage)
                yield from self._end(reason, event.stop_sequence, event.details)
            case events.AssistantMessage(synthetic=False) if event.id != self._streamed_id:
                yield from self._whole_message(event)
            case events.Abandoned(from_block_index=index) if index:
                raise _broken_off()
            case events.ApiRetry() if self._blocks.told:
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
        """Say that no more lines will come; raises CliFailed if the answer is not complete."""
        if not self.finished:
            raise CliFailed("The Claude Code CLI ended in the middle of the answer. Try again.")

    def _start(self, model: str, usage: events.Usage) -> Iterator[answer.Event]:
        if self._blocks.told:
            raise _broken_off()
        self._blocks.forget()
        self._counts.start(usage)
        if not self._began:
            self._began = True
            yield answer.Began(model, self._counts.total())

    def _whole_message(self, message: events.AssistantMessage) -> Iterator[answer.Event]:
        """Answer from a message that came without deltas, as after the CLI's own non-streaming second try."""
        if message.id != self._whole_id:  # else it is the next block of the same message
            self._whole_id = message.id
            yield from self._start(message.model, message.usage)
        self._whole_reason = message.stop_reason
        for block in message.content:
            if self.finished:
                return
            yield from self._whole_block(block)

    def _whole_block(self, block: dict[str, Any]) -> Iterator[answer.Event]:
        yield from self._start_block(events.BlockStart.model_validate({**block, "block": block}))
        if block.get("type") == "tool_use":
            yield from self._arguments(orjson.dumps(block["input"]).decode())
        if not self.finished:
            yield from self._stop_block()

    def _end_whole(self, reason: str) -> Iterator[answer.Event]:
        """Finish a message that came without deltas: its blocks are followed by what the CLI makes of them."""
        self._whole_reason = None
        yield from self._end(reason)

    def _start_block(self, start: events.BlockStart) -> Iterator[answer.Event]:
        self._check_began()
        match start.type:
            case "text":
                yield from self._blocks.open(answer.TextStart())
                yield from self._text(start.block.get("text") or "")
            case "thinking":
                yield from self._blocks.open(answer.ThinkingStart())
                yield from self._blocks.piece(start.block.get("thinking") or "")
                self._blocks.signature = start.block.get("signature") or ""
            case "tool_use" if self._structured and self._structured.begins(start.name):
                yield from self._blocks.open(answer.TextStart())
            case "tool_use":
                yield from self._blocks.open(answer.CallStart(start.id, start.name))
            case _:
                yield from self._blocks.open(answer.OtherStart(orjson.dumps(start.block).decode()))

    def _text(self, text: str) -> Iterator[answer.Event]:
        if self._structured:
            self._structured.prose += text
        else:
            yield from self._show(text)

    def _arguments(self, piece: str) -> Iterator[answer.Event]:
        if self._structured and self._structured.open:
            yield from self._show(self._structured.feed(piece))
        elif self._blocks.other:
            yield from self._blocks.aside({"type": "input_json_delta", "partial_json": piece})
        else:
            yield from self._blocks.piece(piece)

    def _check_began(self) -> None:
        if not self._began:
            raise CliFailed("The Claude Code CLI answered without saying which model it is. Try again.")

    def _show(self, text: str) -> Iterator[answer.Event]:
        self._check_began()
        yield from self._blocks.piece(text)
        if self._blocks.stopped is not None:
            yield from self._finish("stop_sequence", self._blocks.stopped)

    def _stop_block(self) -> Iterator[answer.Event]:
        if self._structured and self._structured.open:
            yield from self._show(self._structured.stop())
            if self.finished:
                return
        self._blocks.close()

    def _end(
        self, reason: str, stop_sequence: str | None = None, details: dict[str, Any] | None = None
    ) -> Iterator[answer.Event]:
        """Finish, unless the answer lacks its structured part: then the CLI asks the model once more."""
        refusal = ""
        if self._structured:
            if reason == "end_turn":
                self._counts.close()
                return
            if reason == "tool_use" and self._structured.given:
                self._structured.check()
                reason = "tool_use" if self._blocks.called else "end_turn"
            if reason == "refusal":
                refusal = self._structured.prose
        yield from self._finish(reason, stop_sequence, refusal, orjson.dumps(details).decode() if details else "")

    def _finish(
        self, reason: str, stop_sequence: str | None = None, refusal: str = "", details: str = ""
    ) -> Iterator[answer.Event]:
        yield from self._blocks.finish()
        if reason not in _STOP_REASONS:
            raise CliFailed(f"The model stopped for a reason that cmappy does not know ({reason}). Upgrade cmappy.")
        self._check_began()
        self.finished = True
        yield answer.Ended(cast(answer.StopReason, reason), self._counts.total(), stop_sequence, refusal, details)


def _broken_off() -> CliFailed:
    return CliFailed(
        "The connection to the API was lost in the middle of the answer. Try again.", code="upstream_error"
    )
