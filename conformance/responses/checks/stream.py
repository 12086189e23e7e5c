"""The events of a stream and their order (API reference, "Streaming events")."""

from __future__ import annotations

from conformance.common.exchange import MISSING, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.stream import ENDS, Stream

_LONG = 40  # characters, more than any server sends in one piece without waiting for the end
_KNOWN = {  # what a response without hosted tools is told with
    *("response.created", "response.queued", "response.in_progress", *ENDS),
    *("response.output_item.added", "response.output_item.done"),
    *("response.content_part.added", "response.content_part.done"),
    *("response.output_text.delta", "response.output_text.done", "response.output_text.annotation.added"),
    *("response.refusal.delta", "response.refusal.done"),
    *("response.reasoning_summary_part.added", "response.reasoning_summary_part.done"),
    *("response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"),
    *("response.reasoning_text.delta", "response.reasoning_text.done"),
    *("response.function_call_arguments.delta", "response.function_call_arguments.done"),
    *("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"),
}


@check("responses.stream.created-first", MUST)
def created_first(stream: Stream) -> None:
    """SDK: `.stream()` raises RuntimeError unless the first event is `response.created`."""
    assert "response.created" == stream.types[0]


@check("responses.stream.begins-empty", MUST)
def begins_empty(stream: Stream) -> None:
    """API reference, example: the response of the first event is in progress, without output."""
    first = pick(stream.events, 0, "response")

    assert ("in_progress", []) == (pick(first, "status"), pick(first, "output"))


@check("responses.stream.one-end", MUST)
def one_end(stream: Stream) -> None:
    """Codex and openai-agents raise without it: one event says how the response ended."""
    assert 1 == len(stream.of(*ENDS))


@check("responses.stream.end-last", MUST)
def end_last(stream: Stream) -> None:
    """SDK: what follows the end of the response belongs to nothing."""
    assert stream.types[-1] in ENDS, f"the last event is {stream.types[-1]!r}"


@check("responses.stream.not-failed", MUST)
def not_failed(stream: Stream) -> None:
    """An answer that ended well does not end in `response.failed`, and its status is the event's."""
    assert f"response.{stream.response.pick('status')}" == stream.types[-1]
    assert [] == stream.of("response.failed")


@check("responses.stream.numbers", MUST)
def numbers(stream: Stream) -> None:
    """API reference: `sequence_number` orders the events; a client that resumes counts on every number."""
    assert list(range(len(stream.events))) == [event.get("sequence_number") for event in stream.events]


@check("responses.stream.same-id", MUST)
def same_id(stream: Stream) -> None:
    """SDK: `.stream()` raises if the id of the response changes."""
    told = [pick(event, "response", "id") for event in stream.events if "response" in event]

    assert 1 == len(set(map(repr, told)))


@check("responses.stream.same-created", SHOULD)
def same_created(stream: Stream) -> None:
    """A response is created once."""
    told = [pick(event, "response", "created_at") for event in stream.events if "response" in event]

    assert 1 == len(set(map(repr, told)))


@check("responses.stream.known-types", MUST)
def known_types(stream: Stream) -> None:
    """SDK: an event of a type that it does not know fails validation."""
    assert [] == [type for type in stream.types if type not in _KNOWN]


@check("responses.stream.content", MUST, "has-content")
def content(stream: Stream) -> None:
    """The pieces add up to the text of the model's answer, byte for byte, each once."""
    assert stream.expect.content == stream.text()


@check("responses.stream.no-content", MUST, "no-content")
def no_content(stream: Stream) -> None:
    """Where the model wrote no text, none arrives."""
    assert "" == stream.text()


@check("responses.stream.in-pieces", SHOULD, "has-content")
def in_pieces(stream: Stream) -> None:
    """A stream is there to show text while it is written: a long one comes in more than one piece."""
    assert len(stream.text()) < _LONG or len(stream.of("response.output_text.delta")) > 1


@check("responses.stream.logprobs", MUST)
def logprobs(stream: Stream) -> None:
    """SDK: ResponseTextDeltaEvent.logprobs and those of `response.output_text.done` are required lists."""
    told = stream.of("response.output_text.delta", "response.output_text.done")

    assert [] == [event for event in told if not isinstance(event.get("logprobs", MISSING), list)]
