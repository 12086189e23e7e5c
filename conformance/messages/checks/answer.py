"""A plain message, as the API reference describes it and as the SDK types it."""

from __future__ import annotations

from typing import Any

from conformance.common.exchange import MISSING, is_text, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.subjects.answer import Plain, wanted

STOP_REASONS = [
    *("end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"),
    "model_context_window_exceeded",
]
# The blocks of an answer, each with what it must have and of which type.
BLOCKS: dict[str, dict[str, type]] = {
    "text": {"text": str},
    "thinking": {"thinking": str, "signature": str},
    "redacted_thinking": {"data": str},
    "tool_use": {"id": str, "name": str, "input": dict},
}


@check("messages.answer.status", MUST)
def status(answer: Plain) -> None:
    """API reference, "Create a Message": a message comes with status 200."""
    assert 200 == answer.exchange.status, answer.exchange.text


@check("messages.answer.content-type", MUST)
def content_type(answer: Plain) -> None:
    """SDK: the body of another `content-type` than `application/json` may be handed over as a string."""
    assert "application/json" == answer.header("content-type").partition(";")[0].strip().lower()


@check("messages.answer.request-id", SHOULD)
def request_id(answer: Plain) -> None:
    """API reference, "Request id": the header `request-id` names the request; the SDK offers it as `_request_id`."""
    assert answer.header("request-id"), "no `request-id` header"


@check("messages.answer.type", MUST)
def kind(answer: Plain) -> None:
    """SDK: Message.type is Literal["message"]; an error comes with an error status."""
    assert "message" == answer.pick("type")


@check("messages.answer.id", MUST)
def identifier(answer: Plain) -> None:
    """SDK: Message.id is a required str."""
    assert is_text(answer.pick("id")), f"`id` is {answer.pick('id')!r}"


@check("messages.answer.role", MUST)
def role(answer: Plain) -> None:
    """SDK: Message.role is Literal["assistant"]."""
    assert "assistant" == answer.pick("role")


@check("messages.answer.model", MUST)
def model(answer: Plain) -> None:
    """SDK: Message.model is a required str, the model that answered."""
    assert is_text(answer.pick("model")), f"`model` is {answer.pick('model')!r}"


@check("messages.answer.content-list", MUST)
def content_is_a_list(answer: Plain) -> None:
    """SDK: Message.content is a list of blocks, never a string and never null."""
    assert isinstance(answer.pick("content"), list), f"`content` is {answer.pick('content')!r}"


@check("messages.answer.blocks-typed", MUST)
def blocks_are_typed(answer: Plain) -> None:
    """SDK: each block has a `type`, and what belongs to it: text, an id, a name and an input, a signature."""
    assert [] == [block for block in answer.blocks if not _is_block(block)]


@check("messages.answer.no-empty-text", SHOULD)
def no_empty_text(answer: Plain) -> None:
    """API reference, "Errors": text blocks must not be empty; one that is sent back as history is refused."""
    assert [] == [block for block in answer.blocks if pick(block, "text") == ""]


@check("messages.answer.content", MUST, "has-blocks")
def content(answer: Plain) -> None:
    """The model's answer arrives whole, block for block: texts, signed thinking, citations, calls, in their order."""
    assert list(wanted(answer).blocks or ()) == answer.blocks


@check("messages.answer.stop-reason-known", MUST)
def stop_reason_known(answer: Plain) -> None:
    """SDK: Message.stop_reason is one of the API's names; null stands in the beginning of a stream alone."""
    assert answer.pick("stop_reason") in STOP_REASONS


@check("messages.answer.end-turn", MUST, "ends-end_turn")
def end_turn(answer: Plain) -> None:
    """API reference: `end_turn` if the model came to a natural end."""
    assert "end_turn" == answer.pick("stop_reason")


@check("messages.answer.max-tokens", MUST, "ends-max_tokens")
def max_tokens(answer: Plain) -> None:
    """API reference: `max_tokens` if the limit of the request was reached: programs ask for the rest by it."""
    assert "max_tokens" == answer.pick("stop_reason")


@check("messages.answer.tool-use", MUST, "ends-tool_use")
def tool_use(answer: Plain) -> None:
    """API reference: `tool_use` if the model called a tool; agents run tools only then."""
    assert "tool_use" == answer.pick("stop_reason")


@check("messages.answer.refusal", MUST, "ends-refusal")
def refusal(answer: Plain) -> None:
    """API reference, "Handling stop reasons": a refusal is an answer, with status 200 and `stop_reason` `refusal`."""
    assert "refusal" == answer.pick("stop_reason")


@check("messages.answer.refusal-details", SHOULD, "ends-refusal")
def refusal_details(answer: Plain) -> None:
    """SDK: Message.stop_details says of which kind a refusal is."""
    details = wanted(answer).stop_details

    assert details is None or details == answer.pick("stop_details")


@check("messages.answer.stop-sequence", MUST, "ends-stop_sequence")
def stop_sequence(answer: Plain) -> None:
    """API reference: `stop_reason` is `stop_sequence`, and `stop_sequence` names the one that was found."""
    named = answer.pick("stop_sequence")

    assert "stop_sequence" == answer.pick("stop_reason")
    assert named in (answer.exchange.request.get("stop_sequences") or ()), f"`stop_sequence` is {named!r}"


@check("messages.answer.stop-hidden", MUST, "stop")
def stop_hidden(answer: Plain) -> None:
    """API reference, `stop_sequences`: the text ends before the sequence that was found."""
    assert [] == [stop for stop in answer.exchange.request.get("stop_sequences") or () if stop in answer.text]


@check("messages.answer.no-stop-sequence", MUST, "ends-end_turn", "ends-max_tokens", "ends-tool_use")
def no_stop_sequence(answer: Plain) -> None:
    """API reference: `stop_sequence` is null where none was found."""
    assert answer.pick("stop_sequence") in (None, MISSING)


@check("messages.answer.structured", MUST, "json_schema")
def structured(answer: Plain) -> None:
    """API reference, "Structured outputs": the text is the JSON object and nothing else: no fences, no prose."""
    assert answer.text.startswith("{"), f"the text is {answer.text!r}"
    assert answer.text.endswith("}"), f"the text is {answer.text!r}"


def _is_block(block: Any) -> bool:
    """Tell whether a block is what its type says; other types are not looked into."""
    if not isinstance(block, dict) or not is_text(block.get("type")):
        return False
    due = BLOCKS.get(block["type"], {})
    return all(isinstance(block.get(name), kind) for name, kind in due.items())
