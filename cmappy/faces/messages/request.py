"""The body of `POST /v1/messages`, as clients really send it (Messages API reference, "Create a message"; pure).

Blocks and tools stay as the client wrote them: what the model is told of them is decided where they are used.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from cmappy.errors import InvalidRequest
from cmappy.faces import wire
from cmappy.faces.wire import Wire

Item = TypeVar("Item")
Items = Annotated[tuple[Item, ...], Field(fail_fast=True)]  # a list of a million mistakes is one mistake
Name = Annotated[StrictStr, Field(min_length=1)]


def _without_nulls(block: Any) -> Any:
    return {name: value for name, value in block.items() if value is not None} if isinstance(block, dict) else block


def _typed(block: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(block.get("type"), str):
        raise ValueError("a block must have a `type`, which is a string")
    return block


def _one_text(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


Json = Annotated[dict[str, Any], BeforeValidator(_without_nulls)]
Block = Annotated[Json, AfterValidator(_typed)]
Content = Annotated[Items[Block], BeforeValidator(_one_text)]


class MessageParam(Wire):
    """One message; a plain string is one text."""

    role: Literal["user", "assistant", "system"]
    content: Content


class Choice(Wire):
    """Whether the model may or must call a tool, and which."""

    type: Literal["auto", "any", "tool", "none"]
    name: StrictStr = ""
    disable_parallel_tool_use: StrictBool = False


class Format(Wire):
    """The form that the answer must have."""

    type: Literal["json_schema"]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]


class OutputConfig(Wire):
    """How hard the model works on the answer, and the form that it must have."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: Format | None = None


class MessagesRequest(Wire):
    """A request for a message. Fields that are not named here end up in `model_extra`."""

    model: Name
    max_tokens: Annotated[StrictInt, Field(ge=1)]
    messages: Annotated[Items[MessageParam], Field(min_length=1)]
    system: Content = ()
    stream: StrictBool = False
    stop_sequences: Items[StrictStr] = ()
    tools: Items[Json] = ()
    tool_choice: Choice = Choice(type="auto")
    thinking: Block | None = None
    output_config: OutputConfig = OutputConfig()
    output_format: Format | None = None
    context_management: dict[str, Any] | None = None
    temperature: Annotated[StrictFloat, Field(ge=0, le=1)] | None = None
    top_p: Annotated[StrictFloat, Field(ge=0, le=1)] | None = None
    top_k: Annotated[StrictInt, Field(ge=0)] | None = None
    betas: Items[StrictStr] = ()


def read(body: Any) -> MessagesRequest:
    """Return the request that a parsed JSON body is; raises InvalidRequest with `param`."""
    if not isinstance(body, dict):
        raise InvalidRequest(
            "The request body must be a JSON object. Send one with `model`, `max_tokens` and `messages`."
        )
    return wire.read(MessagesRequest, body)
