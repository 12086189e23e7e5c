"""What a script says: one dict is one answer. This file checks the dicts and knows nothing of events or sockets.

Keys of an answer, all optional:

    delay, wait             seconds, then a gate's name, to wait for before the headers
    headers                 more response headers
    status, error           a plain HTTP error instead of a message: `error` is {"type", "message"}
    model, usage            of `message_start`; the request's model and small numbers unless told
    text                    short for one text block
    blocks                  text, thinking, redacted_thinking and tool_use as the Messages API has them; each takes
                            `pieces` (number of deltas), `pause` (seconds before each), `wait` (gate before the block);
                            an `input` that is a string is written as it is, JSON or not; `citations` of a text come
                            after it
    stop_reason, stop_sequence, stop_details, output_tokens
    then, after             "error" (an `error` event, from `error`), "cut" (the connection is aborted) or "hang"
                            (silence) instead of the proper end, after so many deltas; after all unless told
    then_wait, then_delay   a gate's name, then seconds, to wait for before that: what was sent before has surely been
                            read then
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

Json = dict[str, Any]
Ending = Literal["error", "cut", "hang"]

DEFAULT_TEXT = "Hello from the stub."
PIECE = 5  # code points in a delta, unless the block names a number of pieces

STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}
_TYPE_OF = {status: kind for kind, status in STATUS_OF.items()}
_OVERLOADED = {"type": "overloaded_error", "message": "Overloaded"}
_USAGE = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 1,
}
_ANSWER_KEYS = {
    *("delay", "wait", "headers", "status", "error", "model", "usage", "text", "blocks"),
    *("stop_reason", "stop_sequence", "stop_details", "output_tokens", "then", "after", "then_wait", "then_delay"),
}
_PACE_KEYS = {"type", "pieces", "pause", "wait"}
_OPTIONAL_KEYS = {"id", "signature", "citations"}
_BLOCK_KEYS = {
    "text": {"text", "citations"},
    "thinking": {"thinking", "signature"},
    "redacted_thinking": {"data"},
    "tool_use": {"id", "name", "input"},
}
_DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool_use": ("input_json_delta", "partial_json"),
}


@dataclass(frozen=True, slots=True)
class Block:
    """One content block: how it starts, what its deltas add, and the pace it is written at."""

    start: Json
    deltas: tuple[Json, ...] = ()
    pieces: int = 0  # deltas that carry output: all but the signature
    pause: float = 0.0
    wait: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One checked answer, complete with every default."""

    delay: float
    wait: str | None
    headers: Mapping[str, str]
    status: int
    error: Json | None
    model: str | None
    usage: Json
    blocks: tuple[Block, ...]
    stop_reason: str
    stop_sequence: str | None
    stop_details: Json | None
    output_tokens: int
    then: Ending | None
    after: int | None
    then_wait: str | None
    then_delay: float

    @property
    def thinking_tokens(self) -> int:
        """The part of the output that was thinking, one token a piece."""
        return sum(block.pieces for block in self.blocks if block.start["type"] == "thinking")


def parse(script: Mapping[str, Any]) -> Answer:
    """Check one answer of a script; a ValueError names the key that is wrong."""
    _check_keys("an answer", script, _ANSWER_KEYS)
    blocks = tuple(_block(block) for block in _scripted_blocks(script))
    status, error = _failure(script)
    uses_tools = any(block.start["type"] == "tool_use" for block in blocks)
    return Answer(
        delay=script.get("delay", 0.0),
        wait=script.get("wait"),
        headers=dict(script.get("headers", {})),
        status=status,
        error=error,
        model=script.get("model"),
        usage=_USAGE | script.get("usage", {}),
        blocks=blocks,
        stop_reason=script.get("stop_reason", "tool_use" if uses_tools else "end_turn"),
        stop_sequence=script.get("stop_sequence"),
        stop_details=script.get("stop_details"),
        output_tokens=script.get("output_tokens", sum(block.pieces for block in blocks)),
        then=_ending(script),
        after=script.get("after"),
        then_wait=script.get("then_wait"),
        then_delay=script.get("then_delay", 0.0),
    )


def _scripted_blocks(script: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "blocks" not in script:
        return [{"type": "text", "text": script.get("text", DEFAULT_TEXT)}]
    if "text" in script:
        raise ValueError("an answer has `text` or `blocks`, not both")
    return list(script["blocks"])


def _ending(script: Mapping[str, Any]) -> Ending | None:
    then: Ending | None = script.get("then")
    if then not in (None, *get_args(Ending)):
        raise ValueError(f"unknown `then` {then!r}; known: {', '.join(get_args(Ending))}")
    if then is None and (script.keys() & {"after", "then_wait", "then_delay"}):
        raise ValueError("`after`, `then_wait` and `then_delay` say when `then` happens, and there is no `then`")
    return then


def _failure(script: Mapping[str, Any]) -> tuple[int, Json | None]:
    """Return the HTTP status and the error of an answer, one made from the other where only one is given."""
    status: int | None = script.get("status")
    error: Json | None = script.get("error")
    if script.get("then") == "error":
        if status is not None:
            raise ValueError("an error in mid-stream has no `status`: the headers are gone by then")
        return 200, error or _OVERLOADED
    if error is not None:
        return status or STATUS_OF.get(error["type"], 500), error
    if status is None or status == 200:
        return 200, None
    kind = _TYPE_OF.get(status, "api_error")
    return status, {"type": kind, "message": kind.removesuffix("_error").replace("_", " ").capitalize()}


def _block(script: Mapping[str, Any]) -> Block:
    kind = script.get("type")
    if kind not in _BLOCK_KEYS:
        raise ValueError(f"unknown block type {kind!r}; known: {', '.join(_BLOCK_KEYS)}")
    _check_keys(f"a {kind} block", script, _BLOCK_KEYS[kind] | _PACE_KEYS)
    if missing := sorted(_BLOCK_KEYS[kind] - script.keys() - _OPTIONAL_KEYS):
        raise ValueError(f"a {kind} block needs {missing[0]!r}")
    start, output, last = _content(script)
    pieces = _cut(output, script.get("pieces"))
    delta_type, key = _DELTAS.get(kind, ("", ""))
    return Block(
        start=start,
        deltas=(*({"type": delta_type, key: piece} for piece in pieces), *last),
        pieces=len(pieces),
        pause=script.get("pause", 0.0),
        wait=script.get("wait"),
    )


def _content(script: Mapping[str, Any]) -> tuple[Json, str, list[Json]]:
    """Return a block as it starts, the output to cut into deltas, and the deltas that follow those."""
    match script["type"]:
        case "text":
            cited = [{"type": "citations_delta", "citation": each} for each in script.get("citations", ())]
            return {"type": "text", "text": ""}, script["text"], cited
        case "thinking":
            signature = {"type": "signature_delta", "signature": script.get("signature", "c3R1Yg==")}
            return {"type": "thinking", "thinking": "", "signature": ""}, script["thinking"], [signature]
        case "redacted_thinking":
            return {"type": "redacted_thinking", "data": script["data"]}, "", []
        case _:
            start = {"type": "tool_use", "id": script.get("id"), "name": script["name"], "input": {}}
            written = script["input"]
            return start, written if isinstance(written, str) else json.dumps(written, ensure_ascii=False), []


def _cut(text: str, pieces: int | None) -> list[str]:
    """Cut a text on code points, into about equal pieces of which none is empty."""
    count = min(len(text), pieces or -(-len(text) // PIECE))
    bounds = [len(text) * number // count for number in range(count + 1)] if count else []
    return [text[start:end] for start, end in pairwise(bounds)]


def _check_keys(what: str, script: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(script.keys() - known):
        raise ValueError(f"unknown key {unknown[0]!r} in {what}; known: {', '.join(sorted(known))}")
