"""One table says what becomes of every request field: all that openai-python 3.54 can send, and `stream`.

The `x-cmappy-ignored` header, `GET /v1/capabilities` and the README's table are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

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
    Field("function_call", "honoured", "the older form of `tool_choice`"),
    Field("functions", "honoured", "the older form of `tools`; answered with `function_call`"),
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
    Field("parallel_tool_calls", "honoured"),
    Field("prediction", "ignored"),
    Field("presence_penalty", "ignored"),
    Field("prompt_cache_key", "ignored"),
    Field("prompt_cache_options", "ignored"),
    Field("prompt_cache_retention", "ignored"),
    Field("reasoning_effort", "honoured", "`none` switches thinking off, `minimal` is `low`"),
    Field("response_format", "honoured", "`json_schema` and `json_object`; the answer is checked against the schema"),
    Field("safety_identifier", "ignored"),
    Field("seed", "ignored"),
    Field("service_tier", "ignored"),
    Field("stop", "emulated", "reaches the API as `stop_sequences`; cmappy cuts by itself what the API refuses there"),
    Field("store", "ignored"),
    Field("stream", "honoured"),
    Field("stream_options", "honoured", "`include_usage`"),
    Field("temperature", "ignored", "unless cmappy runs with `--forward-sampling`; the API's scale ends at 1"),
    Field("tool_choice", "honoured", "when a call is forced, the model does not think before it"),
    Field("tools", "honoured", "functions; at most 128; the API knows no `.` in a name: the model sees `_` there"),
    Field("top_logprobs", "ignored"),
    Field("top_p", "ignored", "unless cmappy runs with `--forward-sampling`"),
    Field("user", "ignored"),
    Field("verbosity", "ignored"),
    Field("web_search_options", "ignored"),
)

_WITHOUT_EFFECT = {field.name for field in FIELDS if field.treatment == "ignored"}
NAMES = frozenset(field.name for field in FIELDS)
_SAMPLING = {"temperature", "top_p"}


def ignored(request: ChatRequest, *, forward_sampling: bool = False) -> list[str]:
    """Return the names of the fields that were sent and have no effect, sorted; unknown ones are among them."""
    sent = request.model_fields_set | set(request.model_extra or ())
    effective = NAMES - _WITHOUT_EFFECT | (_SAMPLING if forward_sampling else set())
    return sorted(sent - effective)


def capabilities() -> dict[str, Any]:
    """Return the table as `GET /v1/capabilities` shows it: for each field its `treatment` and a `note`."""
    table = {field.name: {"treatment": field.treatment, "note": field.note} for field in FIELDS}
    return {"object": "capabilities", "chat.completions": table}


def markdown() -> str:
    """Return the table as the README shows it."""
    rows = [f"| `{field.name}` | {field.treatment} | {field.note} |" for field in FIELDS]
    return "\n".join(["| field | treatment | note |", "|---|---|---|", *rows])
