"""A streamed completion: framed as all streams are, and what its pieces add up to."""

from __future__ import annotations

from conformance.common import framing
from conformance.common.exchange import without
from conformance.common.registry import MUST, SHOULD, adopt, check
from conformance.completions.checks.answer import FINISH_REASONS, told, wrong_counts
from conformance.completions.subjects.stream import Counted, Stream

adopt(framing.__name__, Stream, "completions.")


@check("completions.stream.object", MUST)
def object_name(stream: Stream) -> None:
    """API reference: the pieces of a stream are completions like the whole: `text_completion`."""
    assert [] == without(stream.each("object"), ["text_completion"])


@check("completions.stream.same-head", MUST)
def same_head(stream: Stream) -> None:
    """API reference: all pieces have the same id, model and time."""
    heads = {repr(head) for head in zip(*(stream.each(name) for name in ("id", "model", "created")), strict=True)}

    assert 1 == len(heads)


@check("completions.stream.text", MUST)
def text(stream: Stream) -> None:
    """SDK: CompletionChoice.text is a required str in every piece, the last one too."""
    assert [] == [text for text, choices in _texts(stream) if choices and not isinstance(text, str)]


@check("completions.stream.content", MUST, "has-content")
def content(stream: Stream) -> None:
    """The pieces add up to the text, behind the prompt where `echo` asks for it."""
    assert stream.expect.content == stream.text


@check("completions.stream.finish-once", MUST)
def finish_once(stream: Stream) -> None:
    """API reference: one piece, the last with a choice, says why the answer ends; before it the reason is null."""
    said = [reason for reason in stream.finish_reasons if told(reason)]

    assert stream.finish_reasons[-1:] == said
    assert [] == without(said, FINISH_REASONS)


@check("completions.stream.ending", MUST, "ends-stop", "ends-length")
def ending(stream: Stream) -> None:
    """A stream ends for the same reason as the plain answer."""
    assert stream.expect.finish_reason == stream.finish_reasons[-1]


@check("completions.stream.no-usage", SHOULD)
def no_usage(stream: Stream) -> None:
    """API reference, `stream_options`: usage comes only where it was asked for."""
    assert [] == [usage for usage in stream.each("usage") if told(usage)]


@check("completions.usage-stream.once", MUST)
def usage_once(stream: Counted) -> None:
    """API reference, `stream_options`: one additional piece has the usage, and no choices."""
    assert [[]] == [choices for _, choices in stream.usages]


@check("completions.usage-stream.counts", MUST)
def usage_counts(stream: Counted) -> None:
    """SDK: CompletionUsage has prompt_tokens, completion_tokens and total_tokens, all int."""
    assert [] == [wrong for usage, _ in stream.usages for wrong in wrong_counts(usage)]


def _texts(stream: Stream) -> list[tuple[object, object]]:
    return list(zip(stream.each("choices", 0, "text"), stream.each("choices"), strict=True))
