"""A plain completion, as the API reference describes it and as the SDK types it."""

from __future__ import annotations

from typing import Any

from conformance.common.exchange import MISSING, is_integer, is_text, pick, without
from conformance.common.registry import MUST, SHOULD, check
from conformance.completions.subjects.answer import Plain

FINISH_REASONS = ["stop", "length", "content_filter"]
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


@check("completions.answer.status", MUST)
def status(answer: Plain) -> None:
    """API reference, "Create completion": an answer comes with status 200."""
    assert 200 == answer.exchange.status, answer.exchange.text


@check("completions.answer.content-type", MUST)
def content_type(answer: Plain) -> None:
    """SDK: the body of another `content-type` than `application/json` may be handed over as a string."""
    assert "application/json" == answer.header("content-type").partition(";")[0].strip().lower()


@check("completions.answer.request-id", SHOULD)
def request_id(answer: Plain) -> None:
    """API reference, "Debugging requests": `x-request-id` names the request."""
    assert answer.header("x-request-id"), "no `x-request-id` header"


@check("completions.answer.object", MUST)
def object_name(answer: Plain) -> None:
    """SDK: Completion.object is Literal["text_completion"]."""
    assert "text_completion" == answer.pick("object")


@check("completions.answer.head", MUST)
def head(answer: Plain) -> None:
    """SDK: Completion.id and model are required str, created is a required int."""
    told = is_text(answer.pick("id")), is_text(answer.pick("model")), is_integer(answer.pick("created"))

    assert (True, True, True) == told, answer.exchange.text


@check("completions.answer.one-choice", MUST)
def one_choice(answer: Plain) -> None:
    """API reference: `choices` is a list of as many choices as `n` says, which is 1; its index is 0."""
    assert [0] == [pick(choice, "index") for choice in answer.pick("choices") or ()]


@check("completions.answer.text", MUST)
def text(answer: Plain) -> None:
    """SDK: CompletionChoice.text is a required str; a `message` belongs to chat completions."""
    assert isinstance(answer.choice("text"), str), f"`text` is {answer.choice('text')!r}"


@check("completions.answer.content", MUST, "has-content")
def content(answer: Plain) -> None:
    """The text is what the model wrote, behind the prompt where `echo` asks for it."""
    assert answer.expect.content == answer.choice("text")


@check("completions.answer.finish-reason", MUST)
def finish_reason(answer: Plain) -> None:
    """SDK: CompletionChoice.finish_reason is one of stop, length, content_filter; never null in a whole answer."""
    assert [] == without([answer.choice("finish_reason")], FINISH_REASONS)


@check("completions.answer.ending", MUST, "ends-stop", "ends-length")
def ending(answer: Plain) -> None:
    """API reference: `stop` at a natural end or a stop text, `length` if the number of tokens was reached."""
    assert answer.expect.finish_reason == answer.choice("finish_reason")


@check("completions.answer.stop-hidden", MUST, "stop")
def stop_hidden(answer: Plain) -> None:
    """API reference, `stop`: the returned text will not contain the stop sequence."""
    assert [] == [stop for stop in answer.exchange.request.get("stop") or () if stop in str(answer.choice("text"))]


@check("completions.usage.counts", SHOULD)
def counts(answer: Plain) -> None:
    """SDK: CompletionUsage has prompt_tokens, completion_tokens and total_tokens, all int, the last one their sum."""
    assert [] == wrong_counts(answer.pick("usage"))


@check("completions.usage.exact", SHOULD, "has-usage")
def exact(answer: Plain) -> None:
    """The prompt's tokens include what was read from a cache and written to one."""
    wanted = answer.expect.usage or {}

    assert wanted == {name: pick(answer.pick("usage"), name) for name in wanted}


def wrong_counts(usage: Any) -> list[tuple[str, Any]]:
    """Return the counts that are no natural numbers, or the sum that is none."""
    found = [(name, pick(usage, name)) for name in COUNTS]
    wrong = [(name, count) for name, count in found if not is_integer(count) or count < 0]
    if wrong:
        return wrong
    prompt, completion, total = (count for _, count in found)
    return [] if total == prompt + completion else [("total_tokens", total)]


def told(value: Any) -> bool:
    """Tell whether a field is there and says something."""
    return value not in (None, MISSING)
