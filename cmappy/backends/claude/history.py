"""How a process is told the part of a turn that it has not: messages, and results of its own calls (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cmappy.backends.claude import mcp, stdin
from cmappy.backends.claude.prints import Print
from cmappy.backends.claude.transcript import Transcript
from cmappy.turn import Message, ToolResult, Turn


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one go: a message of the `history`, which must be acknowledged before the next, or the end."""

    data: bytes
    history: bool = False


def tell(
    turn: Turn,
    wanted: Sequence[Print],
    transcript: Transcript,
    *,
    model: str,
    mark: Mapping[str, Any] | None,
    new_id: Callable[[], str],
) -> list[Batch]:
    """Return what is written of a turn, and add it to the transcript.

    Assistant lines count at once and user lines go through a queue, so each of those is waited for. `model` is the full
    name of the turn's, `mark` the one for the prompt cache.
    """
    kept = len(transcript)
    messages, data, batches = list(turn.messages[kept:]), b"", []
    if kept:
        messages[0] = transcript.with_ids(messages[0], wanted[kept - 1])
    for message, print in zip(messages[:-1], wanted[kept:], strict=False):
        uuid = new_id() if message.role == "user" else ""
        transcript.add(print, uuid)
        if uuid:
            batches.append(Batch(data + stdin.user(message, uuid, query=False), history=True))
            data = b""
        else:
            data += stdin.assistant(message, model)
    # Behind the first question the CLI adds a message of its own, so that its mark there is never read again.
    marking = None if turn.own_marks or transcript.asked else mark
    uuid = new_id()
    transcript.add(wanted[-1], uuid, asked=True, marked=marking is not None)
    return [*batches, Batch(data + stdin.user(messages[-1], uuid, query=True, mark=marking))]


def results(calls: Iterable[mcp.Call], message: Message) -> bytes:
    """Return the lines that answer parked calls with the results in a message, in their order."""
    given = [block for block in message.content if isinstance(block, ToolResult)]
    return b"".join(mcp.answer(call, result) for call, result in zip(calls, given, strict=True))
