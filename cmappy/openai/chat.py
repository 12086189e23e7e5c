"""The body of `POST /v1/chat/completions`, as clients really send it (OpenAI API reference, "Create chat completion").

Lenient where OpenAI is: `null` means absent, a string stands for one text part, unknown fields are kept aside.
Strict where a mistake would change the answer: wrong types are refused with the path of what is wrong.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from cmappy.errors import InvalidRequest


class Wire(BaseModel):
    """Part of a request: frozen, and with `null` fields taken as absent."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="before")
    @classmethod
    def _null_means_absent(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: item for name, item in value.items() if item is not None}
        return value


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
    image_url: ImageUrl | None = None
    file: File | None = None


class FunctionCall(Wire):
    """A function and its arguments, which are JSON as text."""

    name: Annotated[StrictStr, Field(min_length=1)]
    arguments: StrictStr = ""


class ToolCall(Wire):
    """A call that the model made in an earlier answer."""

    id: Annotated[StrictStr, Field(min_length=1)]
    type: Literal["function"] = "function"
    function: FunctionCall


class Function(Wire):
    """A function that the model may call. `parameters` is a JSON Schema."""

    name: StrictStr
    description: StrictStr = ""
    parameters: dict[str, Any] | None = None


class FunctionTool(Wire):
    """An item of `tools`."""

    type: Literal["function"]
    function: Function


class FunctionName(Wire):
    """The function that the model has to call."""

    name: StrictStr


def _choice_type(choice: Any) -> Any:
    if isinstance(choice, str):
        return {"type": choice}
    if isinstance(choice, dict) and "type" not in choice:  # a `function_call`, the older form
        return {"type": "function", "function": choice}
    return choice


class Choice(Wire):
    """Whether the model may or must call a function, and which; a plain string is the type."""

    type: Literal["auto", "none", "required", "function"]
    function: FunctionName | None = None

    @model_validator(mode="after")
    def _named(self) -> Choice:
        if (self.type == "function") != (self.function is not None):
            raise ValueError('must be "auto", "none", "required" or name a function')
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
    content: Annotated[tuple[Part, ...], BeforeValidator(_one_part)] | None = None
    refusal: StrictStr = ""
    tool_calls: tuple[ToolCall, ...] = ()
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
    messages: Annotated[tuple[ChatMessage, ...], Field(min_length=1)]
    stream: StrictBool = False
    stream_options: StreamOptions = StreamOptions()
    n: Annotated[StrictInt, Field(ge=1)] = 1
    max_tokens: StrictInt | None = None
    max_completion_tokens: StrictInt | None = None
    stop: Annotated[tuple[StrictStr, ...], BeforeValidator(_one_stop), Field(max_length=4)] = ()
    reasoning_effort: StrictStr | None = None
    modalities: tuple[StrictStr, ...] = ()
    tools: tuple[FunctionTool, ...] = ()
    tool_choice: AnyChoice = Choice(type="auto")
    parallel_tool_calls: StrictBool = True
    functions: tuple[Function, ...] = ()
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
    try:
        return ChatRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        param = _path(first["loc"])
        code = "missing_required_parameter" if first["type"] == "missing" else "invalid_value"
        raise InvalidRequest(_explain(param, first["type"], first["msg"]), param=param, code=code) from None


def _path(loc: tuple[int | str, ...]) -> str:
    """Return a location as OpenAI writes it: `messages[3].content[1].type`."""
    path = ""
    for step in loc:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


_EXPLANATIONS = {
    "missing": "Missing required parameter: `{}`.",
    "too_short": "`{}` must not be empty. Send at least one item.",
    "tuple_type": "Invalid type for `{}`: it must be an array.",
    "model_type": "Invalid type for `{}`: it must be an object.",
    "dict_type": "Invalid type for `{}`: it must be an object.",
    "string_type": "Invalid type for `{}`: it must be a string.",
}


def _explain(param: str, kind: str, message: str) -> str:
    if kind in _EXPLANATIONS:
        return _EXPLANATIONS[kind].format(param)
    return f"Invalid value for `{param}`: {message[0].lower()}{message[1:]}."
