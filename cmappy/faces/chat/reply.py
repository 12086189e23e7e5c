"""Answer events become chunks: the role first, then what is said, at last the finish reason and the usage (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from cmappy import answer
from cmappy.errors import CmappyError
from cmappy.faces.chat.calls import Calls
from cmappy.faces.chat.chunk import Chunk, FinishReason, Head, Usage
from cmappy.faces.chat.errors import body
from cmappy.faces.chat.fold import Fold
from cmappy.faces.face import Reasoning
from cmappy.middle.properties import Renamer

_NONE: Mapping[str, str] = MappingProxyType({})
_REASONING_FIELDS = {
    "off": (),
    "reasoning_content": ("reasoning_content",),
    "reasoning": ("reasoning",),
    "both": ("reasoning_content", "reasoning"),
}
_FINISH_REASONS: dict[answer.StopReason, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}


class Reply:
    """One answer in the making.

    `created` is in Unix seconds. `names` are the client's names of its functions by the API's, `properties` those of
    their parameters, for each of the API's functions that has such, `keys` those of the answer itself if it is JSON.
    `legacy` answers with `function_call` instead of `tool_calls`; `with_usage` adds the counts to a stream.
    `keep` is given the whole completion before its last chunk is returned.
    """

    end = b"data: [DONE]\n\n"

    def __init__(
        self,
        *,
        id: str,
        created: int,
        names: Mapping[str, str] = _NONE,
        properties: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        keys: Mapping[str, str] = _NONE,
        legacy: bool = False,
        reasoning: Reasoning = "reasoning_content",
        with_usage: bool = False,
        keep: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self._id, self._created = id, created
        self._names, self._properties, self._keys = names, properties, keys
        self._renamer = Renamer(_NONE)
        self._calls = Calls(legacy=legacy)
        self._reasoning = _REASONING_FIELDS[reasoning]
        self._with_usage = with_usage
        self._open: answer.Start | None = None
        self._head = Head(id, created, "")
        self._fold = Fold()
        self._keep = keep
        self._kept = Fold()

    def feed(self, event: answer.Event) -> Iterable[Chunk]:
        """Return the chunks that follow from an event; what OpenAI's API has no word for is left out."""
        return self._feed(event) if self._keep is None else self._store(event, self._keep)

    def _store(self, event: answer.Event, keep: Callable[[dict[str, Any]], None]) -> list[Chunk]:
        """Return the chunks of an event, after the whole answer has been kept."""
        chunks = list(self._feed(event))
        for chunk in chunks:
            self._kept.add(chunk)
        if isinstance(event, answer.Ended):
            keep(self._kept.whole())
        return chunks

    def _feed(self, event: answer.Event) -> Iterator[Chunk]:
        match event:
            case answer.Piece(text):
                yield from self._piece(self._renamer.feed(text))
            case answer.BlockEnd():
                yield from self._piece(self._renamer.flush())
            case answer.CallStart(id, name):
                self._open, self._renamer = event, Renamer(self._properties.get(name, _NONE))
                yield from self._deltas(self._calls.start(id, self._names.get(name, name)))
            case answer.TextStart():
                self._open, self._renamer = event, Renamer(self._keys)
            case answer.ThinkingStart() | answer.OtherStart():
                self._open, self._renamer = event, Renamer(_NONE)
            case answer.Began(model):
                self._head = Head(self._id, self._created, model)
                yield self._chunk({"role": "assistant", "content": ""})
            case answer.Ended():
                yield from self._end(event)

    def encode(self, chunk: Chunk) -> bytes:
        """Return a chunk as one server-sent event; empty for a usage that was not asked for."""
        if chunk.usage and not self._with_usage:
            return b""
        return chunk.encode(with_usage=self._with_usage)

    def add(self, chunk: Chunk) -> None:
        """Add a chunk to the plain answer."""
        self._fold.add(chunk)

    def whole(self) -> dict[str, Any]:
        """Return the `chat.completion` object that the added chunks make."""
        return self._fold.whole()

    def broken(self, error: CmappyError) -> bytes:
        """Return the error as the server-sent event that the official SDKs raise from; no `[DONE]` follows it."""
        return b"data: " + orjson.dumps(body(error)) + b"\n\n"

    def _piece(self, text: str) -> Iterator[Chunk]:
        match self._open:
            case _ if not text:
                return
            case answer.TextStart():
                yield self._chunk({"content": text})
            case answer.CallStart():
                yield from self._deltas(self._calls.feed(text))
            case answer.ThinkingStart() if self._reasoning:
                yield self._chunk(dict.fromkeys(self._reasoning, text))

    def _end(self, ended: answer.Ended) -> Iterator[Chunk]:
        if ended.refusal:
            yield self._chunk({"refusal": ended.refusal})
        calls = ended.reason == "tool_use"
        yield self._chunk({}, self._calls.finish_reason if calls else _FINISH_REASONS[ended.reason])
        yield Chunk(self._head, usage=_usage(ended.usage))

    def _deltas(self, deltas: Iterator[dict[str, Any]]) -> Iterator[Chunk]:
        return (self._chunk(delta) for delta in deltas)

    def _chunk(self, delta: dict[str, Any], finish_reason: FinishReason | None = None) -> Chunk:
        return Chunk(self._head, delta, finish_reason)


def _usage(usage: answer.Usage) -> Usage:
    """Return the counts in OpenAI's sense: the prompt includes what the cache held."""
    return Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.output_tokens,
        cached_tokens=usage.cache_read_input_tokens,
        cache_write_tokens=usage.cache_creation_input_tokens,
        reasoning_tokens=usage.thinking_tokens,
    )
