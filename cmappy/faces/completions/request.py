"""The body of `POST /v1/completions`, as clients really send it (OpenAI API reference, "Create completion"; pure)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces import wire
from cmappy.faces.wire import Wire

DEFAULT_MAX_TOKENS = 256  # OpenAI's 16 is of a time in which models answered in words
MOST_STOPS = 256  # autocompletion sends more than OpenAI's 4


class StreamOptions(Wire):
    """What a stream carries besides the answer."""

    include_usage: StrictBool = False


def _one_stop(stop: Any) -> Any:
    return [stop] if isinstance(stop, str) else stop


def _one_prompt(prompt: Any) -> Any:
    return prompt[0] if isinstance(prompt, list) and len(prompt) == 1 else prompt


Stops = Annotated[tuple[StrictStr, ...], BeforeValidator(_one_stop), Field(max_length=MOST_STOPS)]


class CompletionRequest(Wire):
    """A request to go on with a text. Fields that are not named here end up in `model_extra`."""

    model: Annotated[StrictStr, Field(min_length=1)]
    prompt: Annotated[StrictStr | list[Any], BeforeValidator(_one_prompt)]
    suffix: StrictStr = ""
    echo: StrictBool = False
    max_tokens: Annotated[StrictInt, Field(ge=1)] = DEFAULT_MAX_TOKENS
    stop: Stops = ()
    stream: StrictBool = False
    stream_options: StreamOptions = StreamOptions()
    n: Annotated[StrictInt, Field(ge=1)] = 1
    best_of: Annotated[StrictInt, Field(ge=0)] = 1
    logprobs: StrictInt | StrictBool | None = None
    temperature: Annotated[StrictFloat, Field(ge=0, le=2)] | None = None
    top_p: Annotated[StrictFloat, Field(ge=0, le=1)] | None = None

    @property
    def text(self) -> str:
        """The text to go on with; raises InvalidRequest if there is none, or more than one."""
        if not isinstance(self.prompt, str):
            raise Unsupported(
                "One prompt is taken, as text: no tokens, and not several.", param="prompt", code="unsupported_value"
            )
        if not (self.prompt + self.suffix).strip():
            raise InvalidRequest("The prompt is empty. Send some text to go on with.", param="prompt")
        return self.prompt


def read(body: Any) -> CompletionRequest:
    """Return the request that a parsed JSON body is; raises InvalidRequest with `param`."""
    if not isinstance(body, dict):
        raise InvalidRequest("The request body must be a JSON object. Send one with `model` and `prompt`.")
    if "prompt" not in body and "messages" in body:
        raise InvalidRequest(
            "This looks like a request for chat completions. Send it to /v1/chat/completions, or send `prompt`.",
            param="messages",
        )
    asked = wire.read(CompletionRequest, body)
    for name, unusual in {"n": asked.n > 1, "best_of": asked.best_of > 1, "logprobs": bool(asked.logprobs)}.items():
        if unusual:
            raise Unsupported(f"`{name}` is not offered: leave it out.", param=name, code="unsupported_value")
    return asked
