"""Finds answers that cannot be read, before anybody asks for them (pure)."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from cmappy.backends.lines import Interpreter, Line
from cmappy.errors import CmappyError
from cmappy.recording.format import Recording
from cmappy.recording.turns import BadRecording
from cmappy.turn import Turn

_WRONG = (TypeError, ValueError, LookupError, AttributeError)  # what a field of a wrong type leads to
_SHOWN = 80  # characters of a line


def check(recording: Recording, interpreter: Callable[[Turn], Interpreter]) -> None:
    """Raise BadRecording for a line that is JSON and that the interpreter cannot read.

    A line that is no JSON at all may be what was recorded, as a process that was killed writes it, and so may an error.
    """
    turn = recording.turn
    if turn is None:
        return
    schema = orjson.dumps(turn["schema"]).decode() if "schema" in turn else ""
    try:
        reading = interpreter(Turn(turn["model"], (), schema=schema, stop=tuple(turn.get("stop", ()))))
    except _WRONG as error:
        raise BadRecording("`stop` of the turn cannot be read") from error
    for number, line in enumerate(recording.lines, 1):
        try:
            for _ in reading.feed(Line(line)):
                pass
        except CmappyError as error:
            if isinstance(error.__cause__, _WRONG) and _is_json(line):
                raise _unreadable(number, line) from error
            return
        except _WRONG as error:
            raise _unreadable(number, line) from error
        if reading.finished:
            return


def _unreadable(number: int, line: bytes) -> BadRecording:
    return BadRecording(f"line {number} of the answer cannot be read: {line[:_SHOWN].decode(errors='replace')}")


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True
