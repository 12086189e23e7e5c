"""The answer is a value: the twin of `Turn`, in the grammar of the Messages API, which is the richest of the formats.

    Routed+  Began  (TextStart | ThinkingStart | CallStart | OtherStart   (Piece | Aside)*   BlockEnd)*   Ended

One block is open at a time. What a backend says of itself (`Routed`) comes first, once for each way that it tried. An
answer that breaks off has no `Ended`: whoever makes the events raises the error instead. Counts are the upstream's
own; each face adds them up in its own way. Events are made once per token, so they are plain tuples.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

StopReason = Literal[
    "end_turn",
    "stop_sequence",
    "max_tokens",
    "tool_use",
    "refusal",
    "pause_turn",
    "model_context_window_exceeded",
]


class Usage(NamedTuple):
    """Token counts as the Messages API has them: `input_tokens` is what no cache was read or written for.

    `thinking_tokens` are output tokens too. `more` is the API's own JSON of what else it counted in its last message,
    such as `service_tier` and `cache_creation`; it is never added up.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    thinking_tokens: int = 0
    more: str = ""

    @property
    def prompt_tokens(self) -> int:
        """All tokens of the prompt, those that the cache held among them."""
        return self.input_tokens + self.cache_read_input_tokens + self.cache_creation_input_tokens


class Routed(NamedTuple):
    """How the backend answers, as `live` or `replay`; no part of what the model says."""

    route: str


class Began(NamedTuple):
    """The model begins to answer: its resolved name, and what is known of the prompt's tokens."""

    model: str
    usage: Usage = Usage()


class TextStart(NamedTuple):
    """A text begins."""


class ThinkingStart(NamedTuple):
    """A piece of thinking begins; its signature comes with its end."""


class CallStart(NamedTuple):
    """A call of one of the client's tools begins; its pieces are those of a JSON object, never of an empty text."""

    id: str
    name: str


class OtherStart(NamedTuple):
    """A block begins that the other events cannot say, as the API's own JSON: `redacted_thinking`, a server tool's."""

    block: str


class Piece(NamedTuple):
    """A piece of the open block: of its text, its thinking, or its call's arguments; never empty."""

    text: str


class Aside(NamedTuple):
    """A further delta of the open block, as the API's own JSON: a citation of a text, input of a server tool."""

    delta: str


class BlockEnd(NamedTuple):
    """The open block is complete; `signature` is that of thinking, if the API has signed it."""

    signature: str = ""


class Ended(NamedTuple):
    """The answer is complete. `stop_sequence` is the text that ended it, if one did.

    `refusal` is what the model said instead of the structured answer that it refused to give. `details` is the API's
    own JSON of what else it told at the end (`stop_details`, `container`).
    """

    reason: StopReason
    usage: Usage = Usage()
    stop_sequence: str | None = None
    refusal: str = ""
    details: str = ""


Start = TextStart | ThinkingStart | CallStart | OtherStart
Event = Routed | Began | Start | Piece | Aside | BlockEnd | Ended
