"""The recording format: a header, the CLI's lines verbatim, a trailer; one `.ndjson` file per recording.

    {"cmappy":"fixture/1","origin":"recorded","cli":"2.1.330","date":"2026-11-22","turn":{...}}
    {"type":"system",...}
    {"cmappy":"end","exit":null,"stderr":""}

The CLI's lines have `type`, ours have `cmappy`. `turn` is the canonical turn, and so the key; it is null in the one
recording that holds the CLI's answer to `initialize` instead. `exit` is null when cmappy ended the process itself.
A file without trailer is torn: an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson

Origin = Literal["recorded", "edited", "handmade"]


class BadFixture(ValueError):
    """A file is not a whole recording."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """One recorded run of the CLI."""

    turn: dict[str, Any] | None
    lines: tuple[bytes, ...]
    cli: str
    date: str
    origin: Origin = "recorded"
    exit: int | None = None
    stderr: str = ""

    def dump(self) -> bytes:
        """Return the bytes of the file, scrubbed."""
        header = {"cmappy": "fixture/1", "origin": self.origin, "cli": self.cli, "date": self.date, "turn": self.turn}
        trailer = {"cmappy": "end", "exit": self.exit, "stderr": self.stderr}
        scrub = Scrub()
        return b"".join(
            line + b"\n" for line in (orjson.dumps(header), *map(scrub.line, self.lines), orjson.dumps(trailer))
        )

    @property
    def key(self) -> str:
        """The canonical turn as text: equal for equal turns."""
        return canonical_text(self.turn)


def canonical_text(turn: dict[str, Any] | None) -> str:
    """Return a canonical turn as indented text with sorted keys, fit for comparing and for showing what differs."""
    return orjson.dumps(turn, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()


def load(data: bytes) -> Fixture:
    """Return the recording that a file's bytes hold; raises BadFixture."""
    header, *lines = data.removesuffix(b"\n").split(b"\n")
    try:
        head, tail = orjson.loads(header), orjson.loads(lines.pop())
    except (orjson.JSONDecodeError, IndexError) as error:
        raise BadFixture("header or trailer is not JSON") from error
    if head.get("cmappy") != "fixture/1" or head.get("origin") not in get_args(Origin):
        raise BadFixture("the header is not that of a fixture/1 recording")
    if tail.get("cmappy") != "end":
        raise BadFixture("the trailer is missing: the recording is torn")
    return Fixture(
        turn=head["turn"],
        lines=tuple(lines),
        cli=head["cli"],
        date=head["date"],
        origin=head["origin"],
        exit=tail["exit"],
        stderr=tail["stderr"],
    )


_PRIVATE = {
    "account": {"email", "organization", "organizationName", "organizationUuid", "accountUuid", "displayName"},
    "path": {"cwd", "projectsDirectory", "configDirectory", "memory_paths"},
    "number": {"pid", "ttft_ms", "duration_ms", "duration_api_ms", "time_to_request_ms"},
}
_IDENTIFIER = re.compile(
    r"(session|message|request|organization|account|parent)?_?(uu)?id|uuid|session_id", re.IGNORECASE
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Scrub:
    """Replaces what identifies a person, a machine or a session by placeholders that are the same in every run.

    It looks at JSON keys, never into text: what the model said stays as it was.
    """

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def line(self, line: bytes) -> bytes:
        """Return the scrubbed line; one that is not a JSON object is returned as it is."""
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            return line
        scrubbed = self._value(said)
        return line if scrubbed == said else orjson.dumps(scrubbed)

    def _value(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._value(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, key) for item in value]
        if isinstance(value, str):
            return self._text(value, key)
        if key in _PRIVATE["number"] and isinstance(value, int | float):
            return 0
        return value

    def _text(self, text: str, key: str) -> str:
        if key in _PRIVATE["account"]:
            return "<private>"
        if key in _PRIVATE["path"]:
            return "/scrubbed"
        if _IDENTIFIER.fullmatch(key) and _UUID.fullmatch(text):
            return self._seen.setdefault(text, f"00000000-0000-4000-8000-{len(self._seen) + 1:012d}")
        return text
