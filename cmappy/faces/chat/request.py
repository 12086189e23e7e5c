"""The body of `POST /v1/chat/completions`, as clients really send it (OpenAI API reference, "Create chat completion").

Lenient where OpenAI or a client is: a string stands for one text part, or for an image's URL; unknown fields are kept
aside. Strict where a mistake would change the answer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from cmappy.errors import InvalidRequest
from cmappy.faces import wire
from cmappy.faces.wire import Wire

Item = TypeVar("Item")
Items = Annotated[tuple[Item, ...], Field(fail_fast=True)]  # a list of a million mistakes is one mistake
MOST_STOPS = 256
Name = Annotated[StrictStr, Field(min_length=1)]


def _address(image: Any) -> Any:
    return {"url": image} if isinstance(image, str) else image


class ImageUrl(Wire):
    """Where an image is: a `data:` URL, or an address."""

    url: StrictStr


class File(Wire):
    """A file's content as a `data:` URL or bare base64."""

    file_data: StrictStr | None = None
    filename: StrictStr = ""


class Part(Wire):
    """One part of a message's content. Which fields belong to it depends on `type`."""

    type: StrictStr
    text: StrictStr | None = None
    refusal: StrictStr | None = None
    image_url: Annotated[ImageUrl, BeforeValidator(_address)] | None = None
    file: File | None = None


def _as_text(arguments: Any) -> Any:
    return orjson.dumps(arguments).decode() if isinstance(arguments, dict) else arguments


class FunctionCall(Wire):
    """A function and its arguments, which are JSON as text; what the model wrote need not be whole."""

    name: Name
    arguments: Annotated[StrictStr, BeforeValidator(_as_text)] = ""


class ToolCall(Wire):
    """A call that the model made in an earlier answer."""

    id: Name
    type: Literal["function"] = "function"
    function: FunctionCall


class Function(Wire):
    """A function that the model may call. `parameters` is a JSON Schema."""

    name: StrictStr
    description: StrictStr = ""
    parameters: dict[str, Any] | None = None
    strict: StrictBool = False


class AnyTool(Wire):
    """An item of `tools`; only functions have an effect."""

    type: StrictStr
    function: Function | None = None


class FunctionName(Wire):
    """The function that the model has to call."""

    name: StrictStr


class AllowedTool(Wire):
    """A tool that the model may call although others are described, too."""

    type: StrictStr = "function"
    function: FunctionName | None = None


class AllowedTools(Wire):
    """The tools among which the model may choose, or must."""

    mode: Literal["auto", "required"] = "auto"
    tools: Items[AllowedTool]


def _choice_type(choice: Any) -> Any:
    if isinstance(choice, str):
        return {"type": choice}
    if isinstance(choice, dict) and "type" not in choice:  # a `function_call`, the older form
        return {"type": "function", "function": choice}
    return choice


class Choice(Wire):
    """Whether the model may or must call a function, and which; a plain string is the type."""

    type: Literal["auto", "none", "required", "function", "allowed_tools"]
    function: FunctionName | None = None
    allowed_tools: AllowedTools | None = None

    @model_validator(mode="after")
    def _named(self) -> Choice:
        if (self.type == "function") != (self.function is not None):
            raise ValueError('it must be "auto", "none", "required" or name a function')
        if (self.type == "allowed_tools") != (self.allowed_tools is not None):
            raise ValueError("it must list the allowed tools if, and only if, its type says so")
        return self


AnyChoice = Annotated[Choice, BeforeValidator(_choice_type)]


class JsonSchema(Wire):
    """The schema of a `response_format`; an absent one allows every object."""

    name: StrictStr = ""
    schema_: dict[str, Any] | None = Field(None, alias="schema")


class ResponseFormat(Wire):
    """The form that the answer must have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


def _one_part(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class ChatMessage(Wire):
    """One message; a plain string is one text part."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[Items[Part], BeforeValidator(_one_part)] | None = None
    refusal: StrictStr = ""
    tool_calls: Items[ToolCall] = ()
    function_call: FunctionCall | None = None
    tool_call_id: StrictStr = ""


class StreamOptions(Wire):
    """What a stream carries besides the answer."""

    include_usage: StrictBool = False


def _one_stop(stop: Any) -> Any:
    return [stop] if isinstance(stop, str) else stop


class ChatRequest(Wire):
    """A chat completion request. Fields that are not named here end up in `model_extra`."""

    model: StrictStr
    messages: Annotated[Items[ChatMessage], Field(min_length=1)]
    stream: StrictBool = False
    store: StrictBool = False
    metadata: Any = None
    stream_options: StreamOptions = StreamOptions()
    n: Annotated[StrictInt, Field(ge=1)] = 1
    max_tokens: StrictInt | None = None
    max_completion_tokens: StrictInt | None = None
    stop: Annotated[Items[StrictStr], Field(max_length=MOST_STOPS), BeforeValidator(_one_stop)] = ()
    reasoning_effort: StrictStr | None = None
    modalities: Items[StrictStr] = ()
    tools: Items[AnyTool] = ()
    tool_choice: AnyChoice = Choice(type="auto")
    parallel_tool_calls: StrictBool = True
    functions: Items[Function] = ()
    function_call: AnyChoice = Choice(type="auto")
    response_format: ResponseFormat = ResponseFormat(type="text")
    temperature: Annotated[StrictFloat, Field(ge=0, le=2)] | None = None
    top_p: Annotated[StrictFloat, Field(ge=0, le=1)] | None = None


def read(body: Any) -> ChatRequest:
    """Return the request that a parsed JSON body is; raises InvalidRequest naming the first thing that is wrong."""
    if not isinstance(body, dict):
        raise InvalidRequest("The request body must be a JSON object. Send one with `model` and `messages`.")
    if "messages" not in body and "input" in body:
        raise InvalidRequest(
            "This looks like a request for OpenAI's Responses API. Send `messages` instead of `input`, "
            "or switch the client to chat completions.",
            param="input",
        )
    return wire.read(ChatRequest, body)
