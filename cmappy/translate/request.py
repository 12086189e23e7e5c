"""A chat request becomes a turn, or the error that says why it cannot."""

from __future__ import annotations

from typing import cast, get_args

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.openai.chat import ChatRequest
from cmappy.translate import messages, tools
from cmappy.turn import Effort, Turn


def to_turn(request: ChatRequest, model: str, *, url_images: bool = False, forward_sampling: bool = False) -> Turn:
    """Return the turn for a request, with `model` as the CLI knows it; raises InvalidRequest with `param`.

    `url_images` lets the API fetch images by their address; `forward_sampling` sends it `temperature` and `top_p`.
    """
    if request.n > 1:
        raise Unsupported("Only one choice per request is offered: set `n` to 1.", param="n", code="unsupported_value")
    if set(request.modalities) - {"text"}:
        raise Unsupported("Nothing but text is offered: ask for `text` only.", param="modalities")
    offered = tools.offered(request)
    choice, name = tools.choice(request, offered)
    return Turn(
        model=model,
        system=messages.system(request.messages),
        messages=messages.conversation(request.messages, url_images=url_images),
        tools=offered,
        tool_choice=choice,
        tool_name=name,
        parallel_tools=request.parallel_tool_calls or not offered,
        schema=tools.output_schema(request),
        max_tokens=_limit(request),
        stop=tuple(sequence for sequence in request.stop if sequence),
        effort=_effort(request.reasoning_effort),
        sampling=_sampling(request) if forward_sampling else (),
    )


def _limit(request: ChatRequest) -> int | None:
    limit = request.max_completion_tokens or request.max_tokens or 0
    return limit if limit > 0 else None


def _effort(asked: str | None) -> Effort | None:
    if asked is None:
        return None
    effort = "low" if asked == "minimal" else asked
    if effort not in get_args(Effort):
        raise InvalidRequest(
            f"Unknown `reasoning_effort` `{asked}`. Use none, minimal, low, medium, high, xhigh or max.",
            param="reasoning_effort",
        )
    return cast(Effort, effort)


def _sampling(request: ChatRequest) -> tuple[tuple[str, float], ...]:
    """Return what the API knows of sampling; its temperature ends at 1."""
    known = {"temperature": request.temperature, "top_p": request.top_p}
    return tuple((name, min(value, 1.0)) for name, value in known.items() if value is not None)
