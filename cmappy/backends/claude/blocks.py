"""The blocks of an answer, each told from its first piece on (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from cmappy import answer
from cmappy.middle.characters import Joiner
from cmappy.middle.stop import Stop


class Blocks:
    """Opens, fills and closes one block after the other. `signature` is the open block's, as far as it has come.

    Text ends before a stop sequence, even one that is divided among neighbouring texts, which are then told as one.
    The end of a block is told with what follows it: where an answer breaks off, the CLI ends the open block by itself.
    `told` says that something of the answer is out, `called` that a call is; `stopped` is the stop sequence that was
    reached, after which only `finish()` may follow.
    """

    def __init__(self, stop: tuple[str, ...]) -> None:
        self.told = self.called = False
        self.signature = ""
        self._stop = Stop(stop)
        self._joiner = Joiner()
        self._open: answer.Start | None = None
        self._shown = False  # whether the start of the open block is out
        self._closed = False  # whether it has ended, which is not told yet

    @property
    def stopped(self) -> str | None:
        """The stop sequence that was reached."""
        return self._stop.reached

    @property
    def other(self) -> bool:
        """Whether the open block is one that only the API's own JSON can say."""
        return isinstance(self._open, answer.OtherStart)

    def open(self, start: answer.Start) -> Iterator[answer.Event]:
        """Begin a block."""
        if self._lingers and isinstance(start, answer.TextStart):
            self._closed = False
            return
        yield from self.finish()
        self._open, self._shown, self.signature = start, False, ""
        if isinstance(start, answer.CallStart):
            self.called = True
        if isinstance(start, answer.CallStart | answer.OtherStart):
            yield self._show(start)

    def piece(self, text: str) -> Iterator[answer.Event]:
        """Add a piece to the open block; one without a beginning is a text."""
        if self._closed and not self._lingers:
            yield from self.finish()
        text = self._joiner.feed(text)
        if self._open is None:
            self._open, self._shown = answer.TextStart(), False
        if isinstance(self._open, answer.TextStart):
            text = self._stop.feed(text)
        yield from self._add(text)

    def aside(self, delta: dict[str, Any]) -> Iterator[answer.Event]:
        """Add what is no text to the open block."""
        if self._open is not None and not self._closed:
            if not self._shown:
                yield self._show(self._open)
            yield answer.Aside(orjson.dumps(delta).decode())

    def close(self) -> None:
        """End the open block, if there is one."""
        self._closed = self._open is not None

    @property
    def _lingers(self) -> bool:
        """Whether the open block is a text that has ended, but for what might begin a stop sequence."""
        is_text = self._closed and isinstance(self._open, answer.TextStart)
        return is_text and self._stop.holds and not self._joiner.holds

    def finish(self) -> Iterator[answer.Event]:
        """End the open block with all that was held back of it."""
        if self._open is None:
            return
        rest = self._joiner.flush()
        if isinstance(self._open, answer.TextStart) and self._stop.reached is None:
            rest = self._stop.feed(rest) + self._stop.flush()
        yield from self._add(rest)
        if isinstance(self._open, answer.CallStart) and not self._filled:
            yield answer.Piece("{}")
        if isinstance(self._open, answer.ThinkingStart) and self.signature and not self._shown:
            yield self._show(self._open)
        if self._shown:
            yield answer.BlockEnd(self.signature)
        self.forget()

    def forget(self) -> None:
        """Drop the open block, of which nothing is out: the answer begins anew."""
        self._open, self._shown, self._closed, self.signature = None, False, False, ""
        self._joiner = Joiner()
        self._stop.flush()

    def _add(self, text: str) -> Iterator[answer.Event]:
        if not text or self._open is None:
            return
        if not self._shown:
            yield self._show(self._open)
        self._filled = True
        yield answer.Piece(text)

    def _show(self, start: answer.Start) -> answer.Start:
        self._shown = self.told = True
        self._filled = False
        return start
