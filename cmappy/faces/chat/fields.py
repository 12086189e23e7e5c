"""What becomes of every field of a chat completion: of all that openai-python 3.54 can send, and `stream` (pure).

The `x-cmappy-ignored` header, `GET /v1/capabilities` and the documents' table are made from it.
"""

from __future__ import annotations

from cmappy.faces.chat.request import ChatRequest
from cmappy.faces.face import Field
from cmappy.faces.fields import without_effect

FIELDS = (
    Field("audio", "ignored", "there is no audio output; asking for it in `modalities` is refused"),
    Field("frequency_penalty", "ignored"),
    Field("function_call", "honoured", "the older form of `tool_choice`"),
    Field("functions", "honoured", "the older form of `tools`, which win; answered with `function_call`"),
    Field("logit_bias", "ignored"),
    Field("logprobs", "ignored", "answers carry `logprobs: null`"),
    Field("max_completion_tokens", "honoured", "reaches the API as `max_tokens`; 0 or less means unset"),
    Field("max_tokens", "honoured", "as `max_completion_tokens`, which wins if both are there"),
    Field("messages", "honoured"),
    Field("metadata", "honoured", "kept and returned with a stored completion"),
    Field("modalities", "rejected", "`text` only"),
    Field("model", "honoured"),
    Field("moderation", "ignored"),
    Field("n", "rejected", "1 only"),
    Field("parallel_tool_calls", "honoured"),
    Field("prediction", "ignored"),
    Field("presence_penalty", "ignored"),
    Field("prompt_cache_key", "ignored"),
    Field("prompt_cache_options", "ignored"),
    Field("prompt_cache_retention", "ignored"),
    Field("reasoning_effort", "honoured", "`none` switches thinking off, `minimal` is `low`, an empty text is absent"),
    Field("response_format", "honoured", "`json_schema` and `json_object`; the answer is checked against the schema"),
    Field("safety_identifier", "ignored"),
    Field("seed", "ignored"),
    Field("service_tier", "ignored"),
    Field(
        "stop",
        "emulated",
        "up to 256; reaches the API as `stop_sequences`; cmappy cuts by itself what the API refuses there",
    ),
    Field("store", "honoured", "in memory, see `--store-bytes` and `--store-age`"),
    Field("stream", "honoured"),
    Field("stream_options", "honoured", "`include_usage`"),
    Field("temperature", "ignored", "unless cmappy runs with `--forward-sampling`; the API's scale ends at 1"),
    Field(
        "tool_choice",
        "honoured",
        "when a call is forced, the model does not think before it; of `allowed_tools` the others are not offered",
    ),
    Field(
        "tools",
        "honoured",
        "functions, any number; `strict` has no effect; other types are ignored and named by their path",
    ),
    Field("top_logprobs", "ignored"),
    Field("top_p", "ignored", "unless cmappy runs with `--forward-sampling`"),
    Field("user", "ignored"),
    Field("verbosity", "ignored"),
    Field("web_search_options", "ignored"),
)

NAMES = frozenset(field.name for field in FIELDS)
_SAMPLING = frozenset({"temperature", "top_p"})


def ignored(request: ChatRequest, *, forward_sampling: bool = False) -> list[str]:
    """Return the names of what was sent and has no effect, sorted: fields, known or not, and parts of them."""
    sent = request.model_fields_set | set(request.model_extra or ())
    whole = without_effect(sent, FIELDS, _SAMPLING if forward_sampling else ())
    return sorted([*whole, *_parts(request)])


def _parts(request: ChatRequest) -> list[str]:
    """Return what has no effect of fields that otherwise have one."""
    named = [f"tools[{at}]" for at, tool in enumerate(request.tools) if tool.type != "function"]
    if any(tool.function and tool.function.strict for tool in request.tools):
        named.append("tools[].function.strict")
    if request.tool_choice.type in {"required", "allowed_tools"} and not (request.tools or request.functions):
        named.append("tool_choice")
    return named
