"""One table says what becomes of every request field: all that anthropic-python 2.13 can send, and `stream` (pure)."""

from __future__ import annotations

from cmappy.faces.face import Field
from cmappy.faces.fields import without_effect
from cmappy.faces.messages.request import MessagesRequest

FIELDS = (
    Field("betas", "honoured", "those that cost nothing, also in `anthropic-beta`; others are named as ignored"),
    Field("billing_policy", "ignored"),
    Field("cache_control", "ignored", "the CLI marks what the prompt cache shall keep; blocks may have marks"),
    Field("compaction", "ignored"),
    Field("container", "rejected"),
    Field("context_management", "honoured"),
    Field("diagnostics", "ignored"),
    Field("fallback_credit_token", "ignored"),
    Field("fallbacks", "ignored"),
    Field("inference_geo", "ignored"),
    Field("max_tokens", "honoured"),
    Field("mcp_servers", "rejected"),
    Field("messages", "honoured", "the last one is the user's: a given answer cannot be continued"),
    Field("metadata", "ignored", "it identifies the CLI to the API"),
    Field("model", "honoured"),
    Field("output_config", "honoured", "`effort` and `format`; without `effort`, the CLI's own default, medium"),
    Field("output_format", "honoured", "the older form of `output_config.format`"),
    Field("service_tier", "ignored"),
    Field("speed", "ignored"),
    Field("stop_sequences", "honoured"),
    Field("stream", "honoured"),
    Field("system", "honoured", "text; it follows the CLI's own first blocks, as one block"),
    Field("temperature", "ignored", "unless cmappy runs with `--forward-sampling`; refused from 2026-10-21 on"),
    Field("thinking", "honoured", "without it, the API's own default"),
    Field("thread", "rejected", "in the words that make the SDKs send whole conversations"),
    Field("tool_choice", "honoured"),
    Field("tools", "honoured", "those that the API itself runs need `--allow-server-tools`"),
    Field("top_k", "ignored", "as `temperature`"),
    Field("top_p", "ignored", "as `temperature`"),
    Field("user_profile_id", "ignored"),
    Field("workspace_id", "ignored"),
)

_SAMPLING = frozenset({"temperature", "top_k", "top_p"})


def ignored(request: MessagesRequest, off: list[str], *, forward_sampling: bool = False) -> list[str]:
    """Return the names of what was sent and has no effect, sorted: fields, known or not, and the betas in `off`."""
    sent = request.model_fields_set | set(request.model_extra or ())
    whole = without_effect(sent, FIELDS, _SAMPLING if forward_sampling else ())
    return sorted([*whole, *(f"anthropic-beta: {name}" for name in off)])
