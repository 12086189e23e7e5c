"""Answer events become the pieces of a completion (OpenAI API reference, "Completion object"; pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import orjson

from cmappy import answer
from cmappy.errors import CmappyError
from cmappy.faces.completions.errors import body

FinishReason = Literal["stop", "length", "content_filter"]

_FINISH_REASONS: dict[answer.StopReason, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}


class Piece(NamedTuple):
    """One step of a completion: text, the reason why it ends, or the counts of all of it."""

    text: str = ""
    finish_reason: FinishReason | None = None
    usage: dict[str, int] | None = None


class Reply:
    """One answer in the making.

    `created` is in Unix seconds; `echo` is a text that comes first; `with_usage` adds the counts to a stream.
    """

    end = b"data: [DONE]\n\n"

    def __init__(self, *, id: str, created: int, echo: str = "", with_usage: bool = False) -> None:
        self._head = {"id": id, "object": "text_completion", "created": created, "model": ""}
        self._echo = echo
        self._with_usage = with_usage
        self._in_text = False
        self._added: list[Piece] = []

    def feed(self, event: answer.Event) -> Iterator[Piece]:
        """Yield the pieces that follow from an answer event; thinking has no place in a completion."""
        match event:
            case answer.Piece(text) if self._in_text:
                yield Piece(text)
            case answer.TextStart() | answer.ThinkingStart() | answer.CallStart() | answer.OtherStart():
                self._in_text = isinstance(event, answer.TextStart)
            case answer.Began(model):
                self._head["model"] = model
                if self._echo:
                    yield Piece(self._echo)
            case answer.Ended(reason, usage):
                yield Piece(finish_reason=_FINISH_REASONS.get(reason, "stop"))
                yield Piece(usage=_usage(usage))

    def encode(self, piece: Piece) -> bytes:
        """Return a piece as one server-sent event; empty for counts that were not asked for."""
        if piece.usage and not self._with_usage:
            return b""
        choices = [] if piece.usage else [_choice(piece.text, piece.finish_reason)]
        more = {"usage": piece.usage} if self._with_usage else {}
        return b"data: " + orjson.dumps({**self._head, "choices": choices, **more}) + b"\n\n"

    def add(self, piece: Piece) -> None:
        """Add a piece to the plain answer."""
        self._added.append(piece)

    def whole(self) -> dict[str, Any]:
        """Return the `text_completion` object that the added pieces make."""
        text = "".join(piece.text for piece in self._added)
        *_, finish_reason = (piece.finish_reason for piece in self._added if piece.finish_reason)
        *_, usage = (piece.usage for piece in self._added if piece.usage)
        return {**self._head, "choices": [_choice(text, finish_reason)], "usage": usage}

    def broken(self, error: CmappyError) -> bytes:
        """Return the error as the server-sent event that the official SDKs raise from; no `[DONE]` follows it."""
        return b"data: " + orjson.dumps(body(error)) + b"\n\n"


def _choice(text: str, finish_reason: FinishReason | None) -> dict[str, Any]:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish_reason}


def _usage(usage: answer.Usage) -> dict[str, int]:
    """Return the counts in OpenAI's sense: the prompt includes what the cache held."""
    prompt = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output_tokens,
        "total_tokens": prompt + usage.output_tokens,
    }
