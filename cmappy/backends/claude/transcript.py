"""The messages that a process has, by what identifies them, and how far back it can be rewound (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cmappy.backends.claude import stdin
from cmappy.backends.claude.prints import Print, common
from cmappy.turn import Message, ToolResult, Turn


@dataclass(frozen=True, slots=True)
class Entry:
    """A message that the process has: what identifies it, unless nobody may go on from it, and its uuid if it is ours.

    `asked` says that it was a question and no history, `marked` that it carries our mark for the prompt cache,
    `results` that it answers calls: the CLI refuses to forget it without them.
    """

    print: Print | None
    uuid: str = ""
    asked: bool = False
    marked: bool = False
    results: bool = False


class Transcript:
    """What one process was told and has said."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self._entries)

    @property
    def movable(self) -> bool:
        """Whether the process can be rewound to the very beginning, which is before a user message of ours."""
        return not self._entries or bool(self._entries[0].uuid)

    @property
    def spoilt(self) -> bool:
        """Whether its end is something that no client has."""
        return bool(self._entries) and self._entries[-1].print is None

    @property
    def asked(self) -> bool:
        """Whether there is a question in it, and not only history."""
        return any(entry.asked for entry in self._entries)

    def add(self, print: Print | None, uuid: str = "", *, asked: bool = False, marked: bool = False) -> None:
        """Take one more message."""
        before = self._entries[-1].print if self._entries else None
        self._entries.append(Entry(print, uuid, asked, marked, results=bool(before and before.calls)))

    def give_up(self) -> None:
        """Take it that what follows the newest message of ours is nobody's."""
        if not self._entries[-1].uuid:
            del self._entries[-1]
        self.add(None)

    def shared(self, wanted: Sequence[Print]) -> int:
        """Return how many messages of a turn are there already, marks aside."""
        return common([entry.print for entry in self._entries], wanted[:-1], exactly=False)

    def kept(self, turn: Turn, wanted: Sequence[Print]) -> int:
        """Return how many messages of a turn are there exactly as they have to be."""
        entries = self._entries
        if turn.own_marks:  # a client that marks by itself must not find marks of ours
            entries = [replace(entry, print=None) if entry.marked else entry for entry in entries]
        return common([entry.print for entry in entries], wanted[:-1])

    def rewind(self, kept: int) -> dict[str, Any]:
        """Return the control request that leaves so many messages, or a few less; the beginning must be `movable`."""
        at = max(at for at, entry in enumerate(self._entries[: kept + 1]) if entry.uuid and not entry.results)
        newest = next(entry.uuid for entry in reversed(self._entries) if entry.uuid)
        request = stdin.rewind(self._entries[at].uuid, newest)
        del self._entries[at:]
        return request

    def with_ids(self, message: Message, before: Print) -> Message:
        """Return a message of results with the ids under which the process knows the calls.

        The client knows the message before it, which is the newest one here, as `before`.
        """
        known = self._entries[-1].print
        ids = dict(zip(before.calls, known.calls if known else (), strict=False))
        content = tuple(
            replace(block, tool_use_id=ids.get(block.tool_use_id, block.tool_use_id))
            if isinstance(block, ToolResult)
            else block
            for block in message.content
        )
        return message if content == message.content else Message(message.role, content)
