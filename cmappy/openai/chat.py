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


class Part(Wire):
    """One part of a message's content. Which fields belong to it depends on `type`."""

    type: StrictStr
    text: StrictStr | None = None
    refusal: StrictStr | None = None


def _one_part(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class ChatMessage(Wire):
    """One message; a plain string is one text part."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[tuple[Part, ...], BeforeValidator(_one_part)] | None = None


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
    n: StrictInt = 1
    max_tokens: StrictInt | None = None
    max_completion_tokens: StrictInt | None = None
    stop: Annotated[tuple[StrictStr, ...], BeforeValidator(_one_stop), Field(max_length=4)] = ()
    reasoning_effort: StrictStr | None = None
    modalities: tuple[StrictStr, ...] = ()


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


def _explain(param: str, kind: str, message: str) -> str:
    if kind == "missing":
        return f"Missing required parameter: `{param}`."
    if kind == "too_short":
        return f"`{param}` must not be empty. Send at least one item."
    return f"Invalid value for `{param}`: {message[0].lower()}{message[1:]}."
