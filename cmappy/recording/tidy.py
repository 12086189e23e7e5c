"""Leaves out of a run's lines what a replay does not need, proven by the interpreter itself (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import orjson

from cmappy.answer import Event
from cmappy.backends.lines import Interpreter, Line
from cmappy.errors import CmappyError
from cmappy.recording.pieces import piece, stream_event, with_text
from cmappy.turn import Turn

_ENDS = (b'"rate_limit_event"', b'"result"', b'"api_retry"', b'"assistant"')
_LONGEST = 2000  # characters of a joined piece


def tidy(
    turn: Turn, lines: Sequence[bytes], interpreter: Callable[[Turn], Interpreter], failed: CmappyError | None
) -> list[bytes]:
    """Return the fewest lines known to be needed for the same answer; all of them where fewer give another one.

    What the CLI adds to the API's events, as ids of its own, is left out with them.
    """
    said = told(turn, lines, interpreter)
    for keep in (_events, _events_and_ends):
        fewer = [kept for line in lines if (kept := keep(line))]
        if told(turn, fewer, interpreter) == said and (failed is None) is (said[1] is None):
            return fewer
    return list(lines)


def told(
    turn: Turn, lines: Iterable[bytes], interpreter: Callable[[Turn], Interpreter]
) -> tuple[list[Event], tuple[str, str | None, str] | None]:
    """Return the answer events of lines, and the error that ends them, as class, code and message."""
    reading = interpreter(turn)
    events: list[Event] = []
    try:
        for line in lines:
            for event in reading.feed(Line(line)):
                events.append(event)  # noqa: PERF402 (an error would take a list's events with it)
            if reading.finished:
                break
        reading.close()
    except CmappyError as error:
        return events, (type(error).__name__, error.code, error.message)
    return events, None


def join(lines: Sequence[bytes]) -> list[bytes]:
    """Return the lines with the neighbouring pieces of a block joined, a line of text in each."""
    joined: list[bytes] = []
    open_kind, text = "", ""
    for line in lines:
        event = stream_event(line)
        kind, more = piece(event) if event else ("", None)
        if more is not None and joined and kind == open_kind and not text.endswith("\n") and len(text) < _LONGEST:
            text += more
            joined[-1] = with_text(line, text)
            continue
        open_kind, text = (kind, more) if more is not None else ("", "")
        joined.append(line)
    return joined


def _events(line: bytes) -> bytes | None:
    event = stream_event(line)
    if event is None or event.get("type") == "ping":
        return None
    return orjson.dumps({"type": "stream_event", "event": event})


def _events_and_ends(line: bytes) -> bytes | None:
    return _events(line) or (line if any(kind in line for kind in _ENDS) else None)
