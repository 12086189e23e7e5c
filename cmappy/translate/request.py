"""A chat request becomes a turn, or the error that says why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast, get_args

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.openai.chat import ChatMessage, ChatRequest, Part
from cmappy.turn import Block, Effort, Message, Role, Text, Turn

_NOT_YET = {"image_url", "file", "input_audio"}


def to_turn(request: ChatRequest, model: str) -> Turn:
    """Return the turn for a request, with `model` as the CLI knows it; raises InvalidRequest with `param`."""
    _refuse_unsupported(request)
    return Turn(
        model=model,
        system="\n".join(_system(request.messages)),
        messages=_conversation(request.messages),
        max_tokens=_limit(request),
        stop=tuple(sequence for sequence in request.stop if sequence),
        effort=_effort(request.reasoning_effort),
    )


def _refuse_unsupported(request: ChatRequest) -> None:
    extra = request.model_extra or {}
    if request.n > 1:
        raise Unsupported("Only one choice per request is offered: set `n` to 1.", param="n", code="unsupported_value")
    if "audio" in request.modalities:
        raise Unsupported("Audio output is not offered: ask for `text` only.", param="modalities")
    for name, choice in (("tools", "tool_choice"), ("functions", "function_call")):
        if extra.get(name) and extra.get(choice) != "none":
            raise Unsupported(f"`{name}` is not supported yet: leave it out.", param=name)
        if extra.get(choice) not in {None, "none", "auto"}:
            raise Unsupported(f"`{choice}` is not supported yet: leave it out.", param=choice)
    if (extra.get("response_format") or {"type": "text"}).get("type") != "text":
        raise Unsupported("Only `response_format` `text` is supported yet.", param="response_format")


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


def _system(messages: tuple[ChatMessage, ...]) -> Iterator[str]:
    for at, message in enumerate(messages):
        if message.role in {"system", "developer"}:
            for block in _blocks(message, f"messages[{at}]"):
                yield block.text


def _conversation(messages: tuple[ChatMessage, ...]) -> tuple[Message, ...]:
    """Return the messages with real roles; neighbours of one role become one message, empty ones disappear."""
    merged: list[Message] = []
    for at, message in enumerate(messages):
        path = f"messages[{at}]"
        if message.role in {"system", "developer"}:
            continue
        if message.role in {"tool", "function"}:
            raise Unsupported(f"`{message.role}` messages are not supported yet.", param=f"{path}.role")
        blocks = tuple(_blocks(message, path))
        role: Role = "assistant" if message.role == "assistant" else "user"
        if merged and merged[-1].role == role:
            merged[-1] = Message(role, merged[-1].content + blocks)
        elif blocks:
            merged.append(Message(role, blocks))
    if not merged or merged[-1].role != "user":
        raise Unsupported("The last message must be the user's, and have some content.", param=f"messages[{at}]")
    return tuple(merged)


def _blocks(message: ChatMessage, path: str) -> Iterator[Block]:
    if message.content is None and message.role != "assistant":
        raise InvalidRequest(f"Missing required parameter: `{path}.content`.", param=f"{path}.content")
    for at, part in enumerate(message.content or ()):
        text = _text(part, f"{path}.content[{at}]")
        if text:  # the API refuses empty text
            yield Text(text)


def _text(part: Part, path: str) -> str:
    match part.type:
        case "text" if part.text is not None:
            return part.text
        case "refusal" if part.refusal is not None:
            return part.refusal
        case "text" | "refusal":
            raise InvalidRequest(f"Missing required parameter: `{path}.{part.type}`.", param=f"{path}.{part.type}")
        case _ if part.type in _NOT_YET:
            raise Unsupported(f"`{part.type}` parts are not supported yet.", param=f"{path}.type")
        case _:
            raise InvalidRequest(f"Unknown content part type `{part.type}`.", param=f"{path}.type")
