"""The items of a response (API reference, "The response object"; SDK: ResponseOutputItem)."""

from __future__ import annotations

from conformance.common.exchange import is_text, pick
from conformance.common.registry import MUST, check
from conformance.responses.subjects.answer import Plain

_TYPES = ["message", "reasoning", "function_call", "custom_tool_call"]


@check("responses.output.list", MUST)
def is_list(answer: Plain) -> None:
    """SDK: Response.output is a required list of objects; openai-agents (js) asks again and again if it is empty."""
    assert answer.response.output, f"`output` is {answer.pick('output')!r}"
    assert answer.response.output == answer.pick("output")


@check("responses.output.types", MUST)
def types(answer: Plain) -> None:
    """SDK: an item of a type that it does not know fails validation; nothing but these was asked for."""
    assert [] == [item.get("type") for item in answer.response.output if item.get("type") not in _TYPES]


@check("responses.output.ids", MUST)
def ids(answer: Plain) -> None:
    """SDK: each item has an id, a str: the AI SDK refers to what is kept by it, and drops calls without one."""
    assert [] == [item for item in answer.response.output if not is_text(item.get("id"))]


@check("responses.output.ids-differ", MUST)
def ids_differ(answer: Plain) -> None:
    """Clients tell items apart by their ids alone."""
    told = [repr(item.get("id")) for item in answer.response.output]

    assert sorted(set(told)) == sorted(told)


@check("responses.output.role", MUST)
def role(answer: Plain) -> None:
    """SDK: ResponseOutputMessage.role is Literal["assistant"]."""
    assert [] == [item for item in answer.response.items("message") if item.get("role") != "assistant"]


@check("responses.output.message-status", MUST)
def message_status(answer: Plain) -> None:
    """SDK: ResponseOutputMessage.status is required; in a complete response every message is `completed`."""
    told = [item.get("status") for item in answer.response.items("message")]
    fitting = ["completed", "incomplete"] if answer.pick("status") == "incomplete" else ["completed"]

    assert [] == [each for each in told if each not in fitting]


@check("responses.output.parts", MUST)
def parts(answer: Plain) -> None:
    """SDK: a message's content is a list of `output_text` and `refusal` parts, never a text."""
    contents = [item.get("content") for item in answer.response.items("message")]

    assert [] == [content for content in contents if not isinstance(content, list)]
    assert answer.response.parts() == answer.response.parts("output_text", "refusal")


@check("responses.output.annotations", MUST)
def has_annotations(answer: Plain) -> None:
    """SDK: ResponseOutputText.annotations is a required list."""
    parts = answer.response.parts("output_text")

    assert [] == [part for part in parts if not isinstance(part.get("annotations"), list)]


@check("responses.output.text-is-text", MUST)
def text_is_text(answer: Plain) -> None:
    """SDK: ResponseOutputText.text is a required str."""
    assert [] == [part for part in answer.response.parts("output_text") if not isinstance(pick(part, "text"), str)]


@check("responses.output.content", MUST, "has-content")
def content(answer: Plain) -> None:
    """The text of the model's answer arrives whole, byte for byte, and nothing else with it."""
    assert answer.expect.content == answer.response.text


@check("responses.output.no-content", MUST, "no-content")
def no_content(answer: Plain) -> None:
    """Where the model wrote no text, there is none."""
    assert "" == answer.response.text
