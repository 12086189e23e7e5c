"""What the CLI does when the model has stopped, and so what becomes of its process (pure).

stop reason, and what was said   | the CLI                            | the process
---------------------------------|------------------------------------|----------------------------------------
`end_turn`, `stop_sequence`      | is done                            | END: goes on with the next turn
the same, with a schema          | reminds the model of it, once      | GO_ON: the answer is not over
`tool_use`, tools of the client  | waits for their results            | PARK: until the client has them
anything else                    | asks the API again by itself       | STOP where it cannot do that, else KILL

Only what the CLI waits for, or has finished, can be kept; and nothing may reach the API that no client has asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum, auto
from typing import Any

import orjson

from cmappy.backends.claude.prints import Print, of
from cmappy.turn import Text, ToolResult, Turn

_MOST_PARKED = 3  # calls; with more the CLI changes the order of their results
_LONGEST_PARKED = 400_000  # characters of one result; beyond 500,000 the CLI replaces it by the name of a file


class Ending(Enum):
    """What becomes of the process at a stop reason; see the table above."""

    GO_ON = auto()
    END = auto()
    PARK = auto()
    STOP = auto()
    KILL = auto()


def ending(
    reason: str,
    turn: Turn,
    said: Sequence[Mapping[str, Any]],
    heard: Print | None,
    calls: Collection[str],
    *,
    locked: bool,
) -> Ending:
    """Return what becomes of the process.

    `said` are the blocks of the answer and `heard` is what identifies it, `calls` are the ids of those that the CLI
    waits for; `locked` says that it can send nothing to the API.
    """
    if turn.schema:
        if reason == "end_turn":
            return Ending.GO_ON
        return Ending.STOP if reason == "tool_use" or (reason == "max_tokens" and locked) else Ending.KILL
    if reason == "tool_use" and 0 < len(calls) <= _MOST_PARKED and heard and heard.calls == tuple(calls):
        return Ending.PARK
    if reason in {"end_turn", "stop_sequence"} and any(map(_is_visible, said)):
        return Ending.END
    return Ending.STOP if reason in {"max_tokens", "tool_use"} and locked else Ending.KILL


def identify(said: Sequence[Mapping[str, Any]]) -> Print | None:
    """Return what identifies an answer; None if nothing can be the same, as with numbers that nest too deep."""
    try:
        return of("assistant", [block for block in said if block.get("type") != "text" or block.get("text")])
    except (orjson.JSONEncodeError, RecursionError):
        return None


def answers(turn: Turn, calls: Sequence[str], before: Turn) -> bool:
    """Return whether a turn brings results for just these parked calls, in a form that the CLI passes on as it is.

    `before` is the turn that they were made in: limit and effort are fixed until the CLI's own turn ends, which is not
    before the calls are answered.
    """
    results = [block for block in turn.messages[-1].content if isinstance(block, ToolResult)]
    return (
        all(isinstance(block, ToolResult) and _can_be_parked(block) for block in turn.messages[-1].content)
        and [block.tool_use_id for block in results] == list(calls)
        and (before.max_tokens, before.effort) == (turn.max_tokens, turn.effort)
    )


def _can_be_parked(result: ToolResult) -> bool:
    """Return whether the CLI passes this result on as it is.

    It re-encodes images, has own words for nothing, moves errors to the front, and knows no marks.
    """
    texts = [block.text for block in result.content if isinstance(block, Text)]
    whole = len(texts) == len(result.content) > 0 and sum(map(len, texts)) <= _LONGEST_PARKED
    return whole and not result.is_error and not result.cache_control


def _is_visible(block: Mapping[str, Any]) -> bool:
    """Return whether a block is anything that a user would see; after an answer without, the CLI asks for some."""
    return block.get("type") not in {"text", "thinking", "redacted_thinking"} or bool(block.get("text"))
