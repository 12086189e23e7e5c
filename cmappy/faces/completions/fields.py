"""One table says what becomes of every request field: all that openai-python 3.54 can send, and `stream` (pure)."""

from __future__ import annotations

from cmappy.faces.face import Field

FIELDS = (
    Field("best_of", "rejected", "1 only"),
    Field("echo", "honoured"),
    Field("frequency_penalty", "ignored"),
    Field("logit_bias", "ignored"),
    Field("logprobs", "rejected"),
    Field("max_tokens", "honoured", "256 unless told"),
    Field("model", "honoured"),
    Field("n", "rejected", "1 only"),
    Field("presence_penalty", "ignored"),
    Field("prompt", "emulated", "one text: a model that chats is asked to go on with it; it loses leading white space"),
    Field("seed", "ignored"),
    Field("stop", "emulated", "as for chat completions"),
    Field("stream", "honoured"),
    Field("stream_options", "honoured", "`include_usage`"),
    Field("suffix", "emulated", "the model is asked what stands between; so it is for gaps that editors write"),
    Field("temperature", "ignored", "unless cmappy runs with `--forward-sampling`; the API's scale ends at 1"),
    Field("top_p", "ignored", "unless cmappy runs with `--forward-sampling`"),
    Field("user", "ignored"),
)
