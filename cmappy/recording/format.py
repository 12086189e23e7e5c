"""The recording format: a header, the CLI's lines, a trailer; one `.ndjson` file per recording (pure).

    {"cmappy":"recording/2","origin":"recorded","cli":"2.1.330","date":"2026-11-25"}
    {"cmappy":"turn","model":"sonnet"}
    {"cmappy":"user","text":"Say hello."}
    {"type":"stream_event",...}
    {"cmappy":"end","exit":null,"stderr":"","first":0.6,"took":1.9}

The CLI's lines have `type`, ours have `cmappy`. The turn is the canonical one, and so the key; there is none in the
one recording that holds the CLI's answer to `initialize` instead. `models` are the names by which clients may ask for
the turn's model, `compact` tells that pieces of the answer were joined. `exit` is null when cmappy ended the process
itself. `first` and `took` are seconds, until the first piece and in all. A file without trailer is torn: an error.

In the older `fixture/1`, which cmappy's own recordings have, the first line holds the turn as `turn`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import orjson

from cmappy.recording.scrub import Scrub
from cmappy.recording.turns import BadRecording, check, deeper, fold, unfold

Origin = Literal["recorded", "edited", "handmade"]

_OURS = b'{"cmappy"'
_DEEPEST = 500  # levels of a CLI's line


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded run of the CLI. `first` and `took` are in seconds, None where nobody took the time."""

    turn: dict[str, Any] | None
    lines: tuple[bytes, ...]
    cli: str
    date: str
    origin: Origin = "recorded"
    exit: int | None = None
    stderr: str = ""
    models: dict[str, str] = field(default_factory=dict)
    compact: bool = False
    first: float | None = None
    took: float | None = None
    version: Literal[1, 2] = 2

    def dump(self) -> bytes:
        """Return the bytes of the file, scrubbed."""
        scrub = Scrub()
        lines = [*self._header(), *(scrub.line(line) for line in self.lines)]
        trailer: dict[str, Any] = {"cmappy": "end", "exit": self.exit, "stderr": scrub.text(self.stderr)}
        if self.first is not None and self.took is not None:
            trailer |= {"first": self.first, "took": self.took}
        return b"".join(line + b"\n" for line in (*lines, orjson.dumps(trailer)))

    def _header(self) -> list[bytes]:
        head: dict[str, Any] = {
            "cmappy": "fixture/1" if self.version == 1 else "recording/2",
            "origin": self.origin,
            "cli": self.cli,
            "date": self.date,
        }
        if self.version == 1:
            return [orjson.dumps(head | {"turn": self.turn})]
        head |= ({"models": self.models} if self.models else {}) | ({"compact": True} if self.compact else {})
        return [orjson.dumps(head), *map(orjson.dumps, unfold(self.turn) if self.turn else ())]


def load(data: bytes) -> Recording:
    """Return the recording that a file's bytes hold; raises BadRecording."""
    header, *lines = [line.removesuffix(b"\r") for line in data.removesuffix(b"\n").split(b"\n")]
    head = _object(header)
    if head is None:
        raise BadRecording("the header is no JSON object, or too deep")
    version = head.get("cmappy")
    if version not in ("fixture/1", "recording/2"):
        newer = str(version).startswith(("fixture/", "recording/"))
        raise BadRecording(
            f"it has the format {str(version)[:40]!r}, which this version of cmappy does not know: upgrade cmappy"
            if newer
            else "it does not begin with the header of a recording"
        )
    tail = _object(lines.pop()) if lines else None
    if tail is None or tail.get("cmappy") != "end":
        raise BadRecording("the trailer is missing: the recording is torn")
    turn = head.get("turn")
    if version == "fixture/1":
        turn = turn and check(turn)
    else:
        count = next((at for at, line in enumerate(lines) if not line.startswith(_OURS)), len(lines))
        turn, lines = fold(_ours(line) for line in lines[:count]), lines[count:]
    for line in lines:
        _check_line(line)
    return Recording(turn, tuple(lines), **_fields(head, tail), version=1 if version == "fixture/1" else 2)


def _fields(head: dict[str, Any], tail: dict[str, Any]) -> dict[str, Any]:
    """Return the other fields of a recording, checked."""
    if head.get("origin") not in get_args(Origin):
        raise BadRecording(f"`origin` is none of {', '.join(get_args(Origin))}")
    fields: dict[str, Any] = {"origin": head["origin"]}
    kinds: list[tuple[dict[str, Any], str, Any]] = [
        (head, "cli", str),
        (head, "date", str),
        (head, "models", dict),
        (head, "compact", bool),
        (tail, "exit", int | None),
        (tail, "stderr", str),
        (tail, "first", int | float),
        (tail, "took", int | float),
    ]
    optional = {"models", "compact", "first", "took"}
    for part, name, kind in kinds:
        if name not in part and name in optional:
            continue
        value = part.get(name, ...)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadRecording(f"`{name}` is missing, or not what it has to be")
        fields[name] = value
    if not all(isinstance(model, str) for model in fields.get("models", {}).values()):
        raise BadRecording("`models` is not what it has to be")
    if any(not 0 <= fields.get(name, 0) <= 86_400 for name in ("first", "took")):
        raise BadRecording("`first` or `took` is no number of seconds")
    return fields


def _ours(line: bytes) -> dict[str, Any]:
    said = _object(line)
    if said is None:
        raise BadRecording("a line of the header is no JSON object, or too deep")
    return said


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _check_line(line: bytes) -> None:
    """Raise BadRecording for a CLI's line that no CLI wrote; one that is torn may be what was recorded."""
    said = _object(line)
    if said is None:
        return
    if deeper(said, _DEEPEST):
        raise BadRecording(f"a line is nested more than {_DEEPEST} levels deep")
    layer: list[Any] = [said]
    while layer:
        if any(_bad_count(name, value) for outer in layer if isinstance(outer, dict) for name, value in outer.items()):
            raise BadRecording("a count of tokens is no number from 0 on")
        layer = [
            item
            for outer in layer
            for name, item in (outer.items() if isinstance(outer, dict) else enumerate(outer))
            if isinstance(item, dict | list) and name not in ("input", "arguments", "structured_output")
        ]


def _bad_count(name: str, value: Any) -> bool:
    """Return whether a field is a count of tokens, and none that can be; `null` means not told."""
    if not name.endswith("_tokens") or value is None or isinstance(value, dict):
        return False
    return isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53
