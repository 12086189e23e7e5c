"""A text to go on with becomes a turn of a model that chats (pure)."""

from __future__ import annotations

from cmappy.faces.completions.request import CompletionRequest
from cmappy.faces.face import Options
from cmappy.middle.stop import bounded
from cmappy.turn import Message, Text, Turn

_ONLY = (
    "and with nothing else: no comment, no code fence, nothing that is already there. Keep to its language and form."
)
CONTINUE = f"The user's message is the beginning of a text. Answer with what comes next in it, {_ONLY}"
FILL = (
    "The user's message is a text with a gap: <prefix> holds what stands before the gap, <suffix> what stands behind "
    f"it. Answer with what belongs into the gap, {_ONLY}"
)

# How editors write a gap into the prompt itself, for the models that were trained with these signs: what comes first,
# where the gap is, and where the answer goes.
_GAPS = (
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<PRE>", "<SUF>", "<MID>"),
    ("<\uff5cfim\u2581begin\uff5c>", "<\uff5cfim\u2581hole\uff5c>", "<\uff5cfim\u2581end\uff5c>"),
)


def to_turn(request: CompletionRequest, model: str, options: Options) -> Turn:
    """Return the turn for a request, with `model` as the backend knows it; raises InvalidRequest with `param`."""
    prefix, suffix = _parts(request)
    question = f"<prefix>{prefix}</prefix><suffix>{suffix}</suffix>" if suffix else prefix
    return Turn(
        model=model,
        system=FILL if suffix else CONTINUE,
        messages=(Message("user", (Text(question),)),),
        max_tokens=request.max_tokens,
        stop=bounded(request.stop, "stop"),
        effort="none",
        sampling=_sampling(request) if options.forward_sampling else (),
    )


def _parts(request: CompletionRequest) -> tuple[str, str]:
    """Return what stands before the gap and what stands behind it; the latter is empty if there is no gap."""
    if not request.suffix:
        text = request.text.strip()
        for begin, gap, end in _GAPS:
            if text.startswith(begin) and text.endswith(end) and gap in text:
                prefix, _, suffix = text[len(begin) : len(text) - len(end)].partition(gap)
                return prefix, suffix
    return request.text, request.suffix


def _sampling(request: CompletionRequest) -> tuple[tuple[str, float], ...]:
    """Return what the API knows of sampling; its temperature ends at 1."""
    known = {"temperature": request.temperature, "top_p": request.top_p}
    return tuple((name, min(value, 1.0)) for name, value in known.items() if value is not None)
