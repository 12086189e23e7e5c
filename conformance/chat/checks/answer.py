"""A plain answer, as the API reference describes the chat completion object and as the SDK types it."""

from __future__ import annotations

import time

from conformance.chat.subjects.answer import Plain
from conformance.common.exchange import MISSING, is_integer, is_text, without
from conformance.common.registry import MUST, SHOULD, check

FINISH_REASONS = ["stop", "length", "tool_calls", "content_filter", "function_call"]
_SERVICE_TIERS = ["auto", "default", "flex", "scale", "priority", "fast", None, MISSING]
_DAY = 86400  # seconds


@check("answer.status", MUST)
def status(answer: Plain) -> None:
    """API reference, "Create chat completion": an answer comes with status 200."""
    assert 200 == answer.exchange.status, answer.exchange.text


@check("answer.content-type", MUST)
def content_type(answer: Plain) -> None:
    """SDK: the body of another `content-type` than `application/json` may be handed over as a string."""
    assert "application/json" == answer.header("content-type").partition(";")[0].strip().lower()


@check("answer.request-id", SHOULD)
def request_id(answer: Plain) -> None:
    """API reference, "Debugging requests": `x-request-id` names the request; the SDK offers it as `_request_id`."""
    assert answer.header("x-request-id"), "no `x-request-id` header"


@check("answer.no-error", MUST)
def no_error(answer: Plain) -> None:
    """An error comes with an error status: the SDK never looks for `error` in a body with status 200."""
    assert answer.pick("error") in (MISSING, None)


@check("answer.object", MUST)
def object_name(answer: Plain) -> None:
    """SDK: ChatCompletion.object is Literal["chat.completion"]."""
    assert "chat.completion" == answer.pick("object")


@check("answer.id", MUST)
def identifier(answer: Plain) -> None:
    """SDK: ChatCompletion.id is a required str."""
    assert is_text(answer.pick("id")), f"`id` is {answer.pick('id')!r}"


@check("answer.created", MUST)
def created(answer: Plain) -> None:
    """SDK: ChatCompletion.created is a required int; a float fails validation."""
    assert is_integer(answer.pick("created")), f"`created` is {answer.pick('created')!r}"


@check("answer.created-now", SHOULD)
def created_now(answer: Plain) -> None:
    """API reference: `created` is the Unix timestamp (in seconds) of when the completion was created."""
    told = answer.pick("created")
    age = time.time() - told if isinstance(told, int | float) else float("inf")

    assert abs(age) < _DAY, f"`created` is {told!r}"


@check("answer.model", MUST)
def model(answer: Plain) -> None:
    """SDK: ChatCompletion.model is a required str, the model that answered."""
    assert is_text(answer.pick("model")), f"`model` is {answer.pick('model')!r}"


@check("answer.one-choice", MUST)
def one_choice(answer: Plain) -> None:
    """API reference: `choices` is a list of as many choices as `n` says, which is 1."""
    assert [0] == list(range(len(answer.pick("choices") or ()))), answer.pick("choices")


@check("answer.choice-index", MUST)
def choice_index(answer: Plain) -> None:
    """SDK: Choice.index is a required int; the first is 0."""
    assert [] == without([answer.pick("choices", 0, "index")], [0])


@check("answer.finish-reason", MUST)
def finish_reason(answer: Plain) -> None:
    """SDK: Choice.finish_reason is one of stop, length, tool_calls, content_filter, function_call; never null."""
    assert answer.pick("choices", 0, "finish_reason") in FINISH_REASONS


@check("answer.logprobs", SHOULD)
def logprobs(answer: Plain) -> None:
    """OpenAI's OpenAPI document: a choice must have `logprobs`, null if none were asked for."""
    assert answer.pick("choices", 0, "logprobs") is None


@check("answer.role", MUST)
def role(answer: Plain) -> None:
    """SDK: ChatCompletionMessage.role is Literal["assistant"]."""
    assert "assistant" == answer.message("role")


@check("answer.content-type-of-text", MUST)
def content_is_text(answer: Plain) -> None:
    """SDK: ChatCompletionMessage.content is a str or null; it must be there, and never a list of parts."""
    assert isinstance(answer.message("content"), str | None), f"`content` is {answer.message('content')!r}"


@check("answer.content", MUST, "has-content")
def content(answer: Plain) -> None:
    """The text of the model's answer arrives whole, byte for byte, and nothing else with it."""
    assert answer.expect.content == answer.message("content")


@check("answer.no-content", MUST, "no-content")
def no_content(answer: Plain) -> None:
    """Where the model wrote no text, the content is null or empty."""
    assert not answer.message("content"), f"`content` is {answer.message('content')!r}"


@check("answer.refusal", SHOULD)
def refusal(answer: Plain) -> None:
    """OpenAI's OpenAPI document: a message must have `refusal`, a string or null."""
    assert isinstance(answer.message("refusal"), str | None), "no `refusal` in the message"


@check("answer.no-empty-calls", SHOULD)
def no_empty_calls(answer: Plain) -> None:
    """A message without tool calls has no `tool_calls`: programs test for the key, and an empty list is no call."""
    assert [] != answer.message("tool_calls")


@check("answer.service-tier", MUST)
def service_tier(answer: Plain) -> None:
    """SDK: ChatCompletion.service_tier is one of OpenAI's names, null or absent; "standard" is not one of them."""
    assert answer.pick("service_tier") in _SERVICE_TIERS


@check("answer.system-fingerprint", SHOULD)
def system_fingerprint(answer: Plain) -> None:
    """OpenAI's OpenAPI document: `system_fingerprint` is a string; it may be absent, and may not be null."""
    assert isinstance(answer.pick("system_fingerprint"), str) or answer.pick("system_fingerprint") is MISSING
