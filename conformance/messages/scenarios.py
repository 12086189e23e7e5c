"""Requests for messages and what their answers must say: one JSON file each, see `conformance.common.scenarios`.

`expect` has `content` (the blocks), `stop_reason`, `stop_sequence`, `stop_details` and `usage`, or `error` with
`status` and `type`; `content` beside `error` is what comes before a stream breaks off. What it leaves out is not
compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from conformance.common.exchange import Json
from conformance.common.scenarios import Call, Expected, Scenario


@dataclass(frozen=True)
class Wanted(Expected):
    """What a message must say; `code` is the error's type, `content` the text of all blocks."""

    blocks: tuple[Json, ...] | None = None
    stop_sequence: str | None = None
    stop_details: Json | None = None


def load(folder: Path) -> list[Scenario]:
    """Return the scenarios of a folder, or of its `messages/`; a ValueError tells what is wrong with one."""
    own = folder / "messages"
    paths = sorted((own if own.is_dir() else folder).glob("*.json"))
    if not paths:
        raise ValueError(f"there are no scenarios (*.json) in {folder}")
    return [_scenario(path) for path in paths]


def _scenario(path: Path) -> Scenario:
    try:
        said = json.loads(path.read_text("utf-8"))
        if "max_tokens" not in said["request"]:
            raise ValueError("it is no request for a message: it has no `max_tokens`")
        return Scenario(path.stem, said["request"], _wanted(said["expect"]), frozenset(said["tags"]))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no scenario: {error!r}") from error


def _wanted(said: Json) -> Wanted:
    error = said.get("error", {})
    blocks = tuple(said["content"]) if "content" in said else None
    return Wanted(
        content=None if blocks is None else "".join(block.get("text", "") for block in blocks),
        finish_reason=said.get("stop_reason"),
        calls=tuple(Call(block["name"], block["input"]) for block in blocks or () if block["type"] == "tool_use"),
        reasoning="".join(block.get("thinking", "") for block in blocks or ()) or None,
        usage=said.get("usage"),
        status=error.get("status", 200),
        code=error.get("type"),
        blocks=blocks,
        stop_sequence=said.get("stop_sequence"),
        stop_details=said.get("stop_details"),
    )
