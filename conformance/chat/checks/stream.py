"""The chunks of a stream, and what they add up to (API reference, "The chat completion chunk object")."""

from __future__ import annotations

from conformance.chat.checks.answer import FINISH_REASONS
from conformance.chat.subjects.stream import Stream
from conformance.common.exchange import MISSING, is_integer, is_text, without
from conformance.common.registry import MUST, SHOULD, check

_LONG = 40  # characters, more than any server sends in one piece without waiting for the end


@check("stream.object", MUST)
def object_name(stream: Stream) -> None:
    """SDK: ChatCompletionChunk.object is Literal["chat.completion.chunk"]; `.stream()` skips any other."""
    assert [] == without(stream.each("object"), ["chat.completion.chunk"])


@check("stream.id", MUST)
def identifier(stream: Stream) -> None:
    """SDK: ChatCompletionChunk.id is a required str."""
    assert [] == [id for id in stream.each("id") if not is_text(id)]


@check("stream.same-id", MUST)
def same_id(stream: Stream) -> None:
    """API reference: each chunk has the same id."""
    assert 1 == len(set(map(repr, stream.each("id"))))


@check("stream.created", MUST)
def created(stream: Stream) -> None:
    """SDK: ChatCompletionChunk.created is a required int; a float fails validation."""
    assert [] == [told for told in stream.each("created") if not is_integer(told)]


@check("stream.same-created", SHOULD)
def same_created(stream: Stream) -> None:
    """API reference: each chunk has the same timestamp."""
    assert 1 == len(set(map(repr, stream.each("created"))))


@check("stream.model", MUST)
def model(stream: Stream) -> None:
    """SDK: ChatCompletionChunk.model is a required str."""
    assert [] == [told for told in stream.each("model") if not is_text(told)]


@check("stream.same-model", SHOULD)
def same_model(stream: Stream) -> None:
    """One model writes an answer; programs take its name from any chunk."""
    assert 1 == len(set(map(repr, stream.each("model"))))


@check("stream.choices", MUST)
def choices(stream: Stream) -> None:
    """SDK: ChatCompletionChunk.choices is a required list; `.stream()` raises TypeError without it."""
    assert [] == [told for told in stream.each("choices") if not isinstance(told, list)]


@check("stream.one-choice", MUST)
def one_choice(stream: Stream) -> None:
    """API reference: `choices` may be empty only in the usage chunk; programs read `choices[0]` of all others."""
    assert [] == [told for told in stream.each("choices") if isinstance(told, list) and len(told) != 1]


@check("stream.choice-index", MUST)
def choice_index(stream: Stream) -> None:
    """SDK: Choice.index is a required int; the first is 0."""
    assert [] == without((choice.get("index") for choice in stream.choices), [0])


@check("stream.delta", MUST)
def delta(stream: Stream) -> None:
    """SDK: Choice.delta is a required object, in the last chunk an empty one."""
    assert [] == [choice for choice in stream.choices if not isinstance(choice.get("delta"), dict)]


@check("stream.role-once", MUST)
def role_once(stream: Stream) -> None:
    """`.stream()` adds up every string in the deltas: a role in each makes `assistantassistant`."""
    assert ["assistant"] == [role for role in stream.values("role") if role is not None]


@check("stream.role-first", MUST)
def role_first(stream: Stream) -> None:
    """API reference: the first delta tells the role."""
    assert "assistant" == stream.deltas[0].get("role")


@check("stream.content-type-of-text", MUST)
def content_is_text(stream: Stream) -> None:
    """SDK: ChoiceDelta.content is a str or null, never a list of parts."""
    assert [] == [piece for piece in stream.values("content") if not isinstance(piece, str | None)]


@check("stream.content", MUST, "has-content")
def content(stream: Stream) -> None:
    """The pieces add up to the text of the model's answer, byte for byte, each once."""
    assert stream.expect.content == stream.text()


@check("stream.no-content", MUST, "no-content")
def no_content(stream: Stream) -> None:
    """Where the model wrote no text, none arrives."""
    assert "" == stream.text()


@check("stream.in-pieces", SHOULD, "has-content")
def in_pieces(stream: Stream) -> None:
    """A stream is there to show text while it is written: a long one comes in more than one piece."""
    assert len(stream.text()) < _LONG or len([piece for piece in stream.values("content") if piece]) > 1


@check("stream.finish-reason", MUST)
def finish_reason(stream: Stream) -> None:
    """A stream without a finish reason is a short answer in disguise: the Python SDK does not notice, others raise."""
    assert 1 == len(_finish_reasons(stream))


@check("stream.known-finish-reason", MUST)
def known_finish_reason(stream: Stream) -> None:
    """SDK: Choice.finish_reason is one of stop, length, tool_calls, content_filter, function_call, or null."""
    assert [] == without(_finish_reasons(stream), FINISH_REASONS)


@check("stream.finish-last", MUST)
def finish_last(stream: Stream) -> None:
    """API reference: the last delta comes with the finish reason; `.stream()` closes the text when it arrives."""
    assert stream.choices[-1].get("finish_reason") is not None, "something follows the finish reason"


@check("stream.empty-finish", SHOULD)
def empty_finish(stream: Stream) -> None:
    """API reference, example: the chunk with the finish reason has an empty delta."""
    assert [] == [value for value in _finishing(stream).values() if value]


@check("stream.no-usage", SHOULD)
def no_usage(stream: Stream) -> None:
    """API reference, `stream_options`: usage comes only where it was asked for."""
    assert [] == [usage for usage in stream.each("usage") if usage not in (MISSING, None)]


@check("stream.logprobs", SHOULD)
def logprobs(stream: Stream) -> None:
    """SDK: Choice.logprobs is an object, null or absent; none were asked for."""
    assert [] == [choice["logprobs"] for choice in stream.choices if choice.get("logprobs") is not None]


@check("stream.no-empty-calls", MUST)
def no_empty_calls(stream: Stream) -> None:
    """`tool_calls` is in a delta only if it says something: clients take the key for the beginning of a call."""
    assert [] == [calls for calls in stream.values("tool_calls") if not calls]


def _finish_reasons(stream: Stream) -> list[object]:
    return [choice["finish_reason"] for choice in stream.choices if choice.get("finish_reason") is not None]


def _finishing(stream: Stream) -> dict[str, object]:
    """Return the delta that comes with the finish reason."""
    found = [choice.get("delta") for choice in stream.choices if choice.get("finish_reason") is not None]
    return found[-1] if found and isinstance(found[-1], dict) else {}
