"""One table says what becomes of every request field: all that openai-python 3.57 can send, and `stream` (pure)."""

from __future__ import annotations

from cmappy.faces.face import Field

FIELDS = (
    Field("access_programs", "ignored"),
    Field("background", "rejected", "`false` only"),
    Field("background_options", "ignored"),
    Field("context_management", "ignored"),
    Field("conversation", "rejected", "send `previous_response_id` or the whole conversation"),
    Field("image", "ignored"),
    Field("include", "honoured", "`reasoning.encrypted_content`; other values have no effect"),
    Field("input", "honoured", "a text, or items: messages, calls and their outputs, reasoning, references"),
    Field("instructions", "honoured", "come before system and developer messages"),
    Field("max_output_tokens", "honoured", "is sent upstream as `max_tokens`; 0 or less means unset"),
    Field("max_tool_calls", "ignored", "it counts tools that OpenAI runs"),
    Field("metadata", "ignored", "returned with the response"),
    Field("model", "honoured"),
    Field("moderation", "ignored"),
    Field("parallel_tool_calls", "honoured"),
    Field("previous_response_id", "honoured", "as long as the response is in the store"),
    Field("prompt", "rejected", "prompt templates are kept at OpenAI"),
    Field("prompt_cache_key", "ignored"),
    Field("prompt_cache_options", "ignored"),
    Field("prompt_cache_retention", "ignored"),
    Field("reasoning", "honoured", "`effort`; thinking is summarized whether or not `summary` asks for it"),
    Field("safety_identifier", "ignored"),
    Field("service_tier", "ignored"),
    Field("store", "honoured", "in memory, see `--store-bytes` and `--store-age`; `false` keeps nothing"),
    Field("stream", "honoured"),
    Field("stream_options", "ignored", "streams are never padded"),
    Field("temperature", "ignored", "unless cmappy runs with `--forward-sampling`; the API's scale ends at 1"),
    Field("text", "honoured", "`format`: `json_schema` and `json_object`; `verbosity` has no effect"),
    Field("tool_choice", "honoured", "`allowed_tools` offers only those"),
    Field(
        "tools",
        "honoured",
        "functions, custom tools, namespaces; web and tool search and image generation are left out",
    ),
    Field("top_logprobs", "ignored"),
    Field("top_p", "ignored", "unless cmappy runs with `--forward-sampling`"),
    Field("truncation", "ignored", "what is too long is refused"),
    Field("user", "ignored"),
)
