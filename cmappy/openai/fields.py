"""One table says what becomes of every request field: all that openai-python 3.54 can send, and `stream`.

The validator, the `x-cmappy-ignored` header and the README's table are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cmappy.openai.chat import ChatRequest

Treatment = Literal["honoured", "emulated", "ignored", "rejected"]


@dataclass(frozen=True, slots=True)
class Field:
    """A request field and what cmappy does with it."""

    name: str
    treatment: Treatment
    note: str = ""


FIELDS = (
    Field("audio", "ignored", "there is no audio output; asking for it in `modalities` is refused"),
    Field("frequency_penalty", "ignored"),
    Field("function_call", "rejected", "not built yet; `none` is accepted"),
    Field("functions", "rejected", "not built yet; an empty list is accepted"),
    Field("logit_bias", "ignored"),
    Field("logprobs", "ignored", "answers carry `logprobs: null`"),
    Field("max_completion_tokens", "honoured", "reaches the API as `max_tokens`; 0 or less means unset"),
    Field("max_tokens", "honoured", "as `max_completion_tokens`, which wins if both are there"),
    Field("messages", "honoured"),
    Field("metadata", "ignored"),
    Field("modalities", "rejected", "`text` only"),
    Field("model", "honoured"),
    Field("moderation", "ignored"),
    Field("n", "rejected", "1 only"),
    Field("parallel_tool_calls", "ignored"),
    Field("prediction", "ignored"),
    Field("presence_penalty", "ignored"),
    Field("prompt_cache_key", "ignored"),
    Field("prompt_cache_options", "ignored"),
    Field("prompt_cache_retention", "ignored"),
    Field("reasoning_effort", "honoured", "`none` switches thinking off, `minimal` is `low`"),
    Field("response_format", "rejected", "not built yet; `text` is accepted"),
    Field("safety_identifier", "ignored"),
    Field("seed", "ignored"),
    Field("service_tier", "ignored"),
    Field("stop", "emulated", "reaches the API as `stop_sequences`; cmappy cuts by itself what the API refuses there"),
    Field("store", "ignored"),
    Field("stream", "honoured"),
    Field("stream_options", "honoured", "`include_usage`"),
    Field("temperature", "ignored"),
    Field("tool_choice", "rejected", "not built yet; `none` and `auto` are accepted without tools"),
    Field("tools", "rejected", "not built yet; an empty list is accepted"),
    Field("top_logprobs", "ignored"),
    Field("top_p", "ignored"),
    Field("user", "ignored"),
    Field("verbosity", "ignored"),
    Field("web_search_options", "ignored"),
)

_BY_NAME = {field.name: field for field in FIELDS}


def ignored(request: ChatRequest) -> list[str]:
    """Return the names of the fields that were sent and have no effect, sorted."""
    sent = request.model_fields_set | set(request.model_extra or ())
    return sorted(name for name in sent if name not in _BY_NAME or _BY_NAME[name].treatment == "ignored")
