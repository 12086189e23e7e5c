"""The duplex conversation with one `claude` process, as a state machine without I/O (pure).

Rules: a process has one conversation; history is told message by message, and each user message of it is
acknowledged before the next line goes out, because the CLI queues user lines and applies assistant lines at once
(CLI_PROTOCOL 4); the answer is over at the first stop reason, before the CLI goes on by itself (CLI_PROTOCOL 6).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson

from cmappy import events
from cmappy.errors import CliFailed
from cmappy.turn import Message, Turn

_FINAL = {"end_turn", "stop_sequence"}  # after these the CLI has nothing more to ask


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a line: bytes to write to stdin, and whether the line belongs to the answer or ends it.

    `goes_on` says that the answer is over but the CLI will ask the API again by itself, unless it is killed now.
    """

    write: bytes = b""
    show: bool = False
    over: bool = False
    goes_on: bool = False


class Conversation:
    """Tells one turn to a fresh process: write `open()`, then do what each line's `feed()` says."""

    def __init__(self, turn: Turn) -> None:
        self._batches = deque(_batches(turn))
        self._asked = False

    def open(self) -> bytes:
        """Return what to write first."""
        return self._next()

    def feed(self, line: bytes) -> Step:
        """Return what follows from one line of the CLI's stdout; raises CliFailed if the CLI refuses the turn."""
        if _is_delta(line):
            return Step(show=True)
        event = events.parse(line)
        match event:
            case events.ControlResponse(subtype="error"):
                raise CliFailed(f"The Claude Code CLI refused a control request: {event.error}")
            case events.ControlResponse():
                return Step()
            case events.Result(is_error=False) if not self._asked:
                return Step(write=self._next())
            case events.MessageDelta(stop_reason=str(reason)):
                return Step(show=True, over=True, goes_on=reason not in _FINAL)
            case events.Result():
                return Step(show=True, over=True)
        return Step(show=self._asked)

    def _next(self) -> bytes:
        batch = self._batches.popleft()
        self._asked = not self._batches
        return batch


def _is_delta(line: bytes) -> bool:
    """Return whether a line is a piece of the answer, which needs no look inside; there is one per token."""
    return line.startswith(b'{"type":"stream_event"') and b'"type":"content_block_delta"' in line[:80]


def _batches(turn: Turn) -> list[bytes]:
    """Return what to write, cut where the CLI has to acknowledge something first."""
    batch = control(initialize(turn), settings(turn))
    batches = []
    *history, question = turn.messages
    for message in history:
        batch += _encode(_line(message, query=False))
        if message.role == "user":
            batches.append(batch)
            batch = b""
    return [*batches, batch + _encode(_line(question, query=True))]


def initialize(turn: Turn | None = None) -> dict[str, Any]:
    """Return the request that opens a conversation; without a turn it only asks the CLI who it is."""
    system = turn.system if turn else ""
    return {"subtype": "initialize", "systemPrompt": [system] if system else []}


def settings(turn: Turn) -> dict[str, Any]:
    """Return the request that fits a running process to a turn; every setting is there, so earlier ones are undone."""
    body: dict[str, Any] = {}
    # The API refuses stop sequences of white space only; the translator cuts those by itself.
    if stops := [sequence for sequence in turn.stop if sequence.strip()]:
        body["stop_sequences"] = stops
    return {
        "subtype": "apply_flag_settings",
        "settings": {
            # Not `set_model`: that sends a request of its own to check an id the CLI does not list.
            "model": turn.model,
            "effortLevel": None if turn.effort == "none" else turn.effort,
            "env": {
                "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(turn.max_tokens or ""),
                "CLAUDE_CODE_DISABLE_THINKING": "1" if turn.effort == "none" else "",
                "CLAUDE_CODE_EXTRA_BODY": orjson.dumps(body).decode() if body else "",
            },
        },
    }


def control(*requests: dict[str, Any]) -> bytes:
    """Return control requests as stdin lines."""
    return b"".join(
        _encode({"type": "control_request", "request_id": f"cmappy-{at}", "request": request})
        for at, request in enumerate(requests)
    )


def _line(message: Message, *, query: bool) -> dict[str, Any]:
    """Return the stdin line for a message; `client_composed` keeps the CLI from reading anything into its text."""
    if message.role == "assistant":
        return {"type": "assistant", "message": message.api()}
    line = {
        "type": "user",
        "message": message.api(),
        "parent_tool_use_id": None,
        "session_id": "",
        "client_composed": True,
    }
    return line if query else {**line, "shouldQuery": False}


def _encode(line: dict[str, Any]) -> bytes:
    return orjson.dumps(line) + b"\n"
