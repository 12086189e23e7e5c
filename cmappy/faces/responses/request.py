"""The body of `POST /v1/responses`, as clients really send it (OpenAI API reference, "Create a model response").

Lenient where OpenAI is: `null` means absent, a string stands for one user message or one text part, unknown fields are
kept aside. Strict where a mistake would change the answer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from cmappy.faces.wire import Wire

TAKEN = (  # the types of item whose fields are read; of others only the type is, which may be no text at all
    "message",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "reasoning",
    "item_reference",
    "additional_tools",
)


class Part(Wire):
    """One part of a message or of a tool's output. Which fields belong to it depends on `type`."""

    type: StrictStr
    text: StrictStr | None = None
    refusal: StrictStr | None = None
    image_url: StrictStr | None = None
    file_id: StrictStr | None = None
    file_url: StrictStr | None = None
    file_data: StrictStr | None = None
    filename: StrictStr = ""


def _one_part(content: Any) -> Any:
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else content


Parts = Annotated[tuple[Part, ...], Field(fail_fast=True), BeforeValidator(_one_part)]


class Tool(Wire):
    """An item of `tools`, or of a namespace. Which fields belong to it depends on `type`."""

    type: StrictStr
    name: StrictStr = ""
    description: StrictStr = ""
    parameters: dict[str, Any] | None = None
    format: dict[str, Any] | None = None
    tools: Annotated[tuple[Tool, ...], Field(fail_fast=True)] = ()

    @model_validator(mode="before")
    @classmethod
    def _others_unread(cls, tool: Any) -> Any:
        if isinstance(tool, dict) and tool.get("type") not in ("function", "custom", "namespace"):
            return {"type": tool.get("type")}
        return tool


def _as_text(arguments: Any) -> Any:
    return orjson.dumps(arguments).decode() if isinstance(arguments, dict) else arguments


class Item(Wire):
    """An item of `input`. Which fields belong to it depends on `type`."""

    type: StrictStr
    id: StrictStr = ""
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: Parts | None = None
    call_id: StrictStr | None = None
    name: StrictStr | None = None
    namespace: StrictStr = ""
    arguments: Annotated[StrictStr, BeforeValidator(_as_text)] | None = None
    input: StrictStr | None = None
    output: Parts | None = None
    encrypted_content: StrictStr = ""
    tools: Annotated[tuple[Tool, ...], Field(fail_fast=True)] = ()

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        kind = item_type(item)
        if kind == "reasoning":  # what it shows is not read
            return {"type": kind, "encrypted_content": item.get("encrypted_content")}
        return item | {"type": kind} if kind in TAKEN else {"type": kind}


def item_type(item: dict[str, Any]) -> Any:
    """Return the type of an item, which may be left out."""
    if item.get("type") is not None:
        return item["type"]
    if item.get("role") is not None:
        return "message"
    return "item_reference" if item.get("id") is not None else None


class Named(Wire):
    """A tool that the client names."""

    type: StrictStr = "function"
    name: StrictStr = ""


def _choice_type(choice: Any) -> Any:
    return {"type": choice} if isinstance(choice, str) else choice


class Choice(Wire):
    """Whether the model may or must call a tool, and which; a plain string is the type."""

    type: StrictStr
    name: StrictStr = ""
    mode: Literal["auto", "required"] = "auto"
    tools: Annotated[tuple[Named, ...], Field(fail_fast=True)] = ()


class Format(Wire):
    """The form that the answer must have; an absent schema allows every object."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    name: StrictStr = ""
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None


class TextOptions(Wire):
    """How the text of the answer is made."""

    format: Format = Format()


class ReasoningOptions(Wire):
    """How hard the model thinks."""

    effort: StrictStr | None = None


def _one_message(given: Any) -> Any:
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


class ResponseRequest(Wire):
    """A request for a response. Fields that are not named here end up in `model_extra`."""

    model: StrictStr
    input: Annotated[tuple[Item, ...], Field(min_length=1, fail_fast=True), BeforeValidator(_one_message)]
    instructions: StrictStr = ""
    stream: StrictBool = False
    store: StrictBool = True
    previous_response_id: StrictStr = ""
    include: Annotated[tuple[StrictStr, ...], Field(fail_fast=True)] = ()
    tools: Annotated[tuple[Tool, ...], Field(fail_fast=True)] = ()
    tool_choice: Annotated[Choice, BeforeValidator(_choice_type)] = Choice(type="auto")
    parallel_tool_calls: StrictBool = True
    max_output_tokens: StrictInt | None = None
    reasoning: ReasoningOptions = ReasoningOptions()
    text: TextOptions = TextOptions()
    temperature: Annotated[StrictFloat, Field(ge=0, le=2)] | None = None
    top_p: Annotated[StrictFloat, Field(ge=0, le=1)] | None = None
    background: StrictBool = False
    conversation: Any = None
    prompt: Any = None
