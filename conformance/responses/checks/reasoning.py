"""The model's thinking: an item of its own, with a summary that clients show."""

from __future__ import annotations

from conformance.common.exchange import is_integer, is_text
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.stream import Stream

_ENCRYPTED = "reasoning.encrypted_content"


@check("responses.reasoning.whole", MUST, "has-reasoning")
def whole(answer: Plain) -> None:
    """The thinking is in the summaries of the `reasoning` items, whole: Codex, Zed and Home Assistant read them."""
    assert answer.expect.reasoning == answer.response.thinking


@check("responses.reasoning.apart", MUST, "has-reasoning")
def apart(answer: Plain) -> None:
    """Thinking is not the answer: the text is free of it, and of tags around it."""
    text = answer.response.text

    assert [] == [word for word in (answer.expect.reasoning, "<think") if word and word in text]


@check("responses.reasoning.summary", MUST)
def summary(answer: Plain) -> None:
    """SDK: ResponseReasoningItem.summary is a required list, empty if there is nothing to show."""
    assert [] == [item for item in answer.response.items("reasoning") if not isinstance(item.get("summary"), list)]


@check("responses.reasoning.first", MUST, "has-reasoning")
def first(answer: Plain) -> None:
    """Thinking comes before what follows from it: clients send the items back in this order."""
    types = [item.get("type") for item in answer.response.output]

    assert "reasoning" == types[0]


@check("responses.reasoning.counted", SHOULD, "has-reasoning")
def counted(answer: Plain) -> None:
    """API reference: `output_tokens_details.reasoning_tokens` says how much of the answer was thinking."""
    told = answer.pick("usage", "output_tokens_details", "reasoning_tokens")
    count = told if is_integer(told) else 0

    assert count > 0, f"`reasoning_tokens` is {told!r}"


@check("responses.reasoning.stream", MUST, "has-reasoning")
def stream_whole(stream: Stream) -> None:
    """The pieces of the summary add up to the thinking."""
    assert stream.expect.reasoning == stream.text("response.reasoning_summary_text.delta")


@check("responses.reasoning.encrypted", MUST, "encrypted_reasoning")
def encrypted(answer: Plain) -> None:
    """API reference, `include`: reasoning items have `encrypted_content` if asked for, so that nothing need be kept."""
    items = answer.response.items("reasoning")

    assert [True] * len(items) == [is_text(item.get("encrypted_content")) for item in items]
    assert items, "there is no reasoning item"


@check("responses.reasoning.not-encrypted", SHOULD)
def not_encrypted(answer: Plain) -> None:
    """API reference, `include`: `encrypted_content` comes only where it was asked for."""
    asked = _ENCRYPTED in (answer.exchange.request.get("include") or ())

    assert asked or [] == [item for item in answer.response.items("reasoning") if item.get("encrypted_content")]
