"""A request for a message becomes a turn, or the error that says why it cannot (pure)."""

from __future__ import annotations

import re
from typing import Any

import orjson

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces.face import Options
from cmappy.faces.messages import blocks
from cmappy.faces.messages.errors import NO_THREADS
from cmappy.faces.messages.request import Format, MessagesRequest
from cmappy.faces.messages.tools import Tools
from cmappy.middle.stop import bounded
from cmappy.turn import Turn

NEWEST = "2026-10-21"  # the version of the API from which on some things are refused
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")
_REJECTED = {
    "mcp_servers": "The API would call other hosts",
    "container": "Nothing is kept on the API's side",
}

# Betas that cost nothing and change nothing but what their own fields say. The CLI sends some of its own anyway.
_BETAS = re.compile(
    r"(advanced-tool-use|citations|computer-use|context-management|effort|extended-cache-ttl|fine-grained-tool-streaming"
    r"|interleaved-thinking|output-128k|pdfs|prompt-caching|search-results|structured-outputs|token-efficient-tools"
    r"|web-search|web-fetch|code-execution)-\d{4}-\d{2}-\d{2}"
)


def betas(request: MessagesRequest, header: str) -> tuple[list[str], list[str]]:
    """Return the betas that are switched on, and those that are not; `header` is `anthropic-beta`."""
    asked = sorted({name for name in (*(beta.strip() for beta in header.split(",")), *request.betas) if name})
    on = [name for name in asked if _BETAS.fullmatch(name)]
    return on, [name for name in asked if name not in on]


def to_turn(
    request: MessagesRequest, tools: Tools, model: str, options: Options, *, own_marks: bool, version: str, beta: str
) -> Turn:
    """Return the turn for a request and its tools, with `model` as the backend knows it; raises InvalidRequest.

    `version` and `beta` are the request's headers `anthropic-version` and `anthropic-beta`.
    """
    newest = _is_newest(version)
    _refuse(request, newest=newest)
    choice, name = tools.choice(request)
    only_theirs = bool(request.tools) and not tools.toolbox.tools
    extra = _extra(request, tools)
    if only_theirs and request.tool_choice.type != "auto":
        extra["tool_choice"] = request.tool_choice.model_dump(exclude_unset=True)
    return Turn(
        model=model,
        system=blocks.system(request),
        messages=blocks.conversation(
            request, tools.toolbox, own_marks=own_marks, url_images=options.url_images, newest=newest
        ),
        tools=tools.toolbox.tools,
        tool_choice="auto" if only_theirs else choice,
        tool_name="" if only_theirs else name,
        parallel_tools=not (tools.toolbox.tools and request.tool_choice.disable_parallel_tool_use),
        max_tokens=request.max_tokens,
        stop=bounded(request.stop_sequences, "stop_sequences"),
        effort=request.output_config.effort,
        adaptive=False,
        sampling=_sampling(request) if options.forward_sampling else (),
        extra=orjson.dumps(extra).decode() if extra else "",
        betas=tuple(betas(request, beta)[0]),
        own_marks=own_marks,
    )


def _is_newest(version: str) -> bool:
    if version and not _VERSION.fullmatch(version):
        raise InvalidRequest(f"`anthropic-version` must be a date such as 2023-06-01, not `{version[:40]}`.")
    return version >= NEWEST


def _refuse(request: MessagesRequest, *, newest: bool) -> None:
    for name, reason in _REJECTED.items():
        if request.model_extra and request.model_extra.get(name):
            raise Unsupported(f"`{name}` is not offered. {reason}, and this server does not let it.", param=name)
    if request.model_extra and request.model_extra.get("thread"):
        raise Unsupported("No threads are kept here: send the whole conversation.", param="thread", code=NO_THREADS)
    if newest:
        for name in ("temperature", "top_p", "top_k"):
            if name in request.model_fields_set:
                raise InvalidRequest(f"From version {NEWEST} on the API takes no `{name}`. Leave it out.", param=name)
    for at, sequence in enumerate(request.stop_sequences):
        if not sequence.strip():
            raise InvalidRequest(
                "A stop sequence must have more in it than white space.", param=f"stop_sequences[{at}]"
            )


def _extra(request: MessagesRequest, tools: Tools) -> dict[str, Any]:
    """Return what the CLI has no setting for, as the API knows it."""
    format = request.output_config.format or request.output_format
    extra: dict[str, Any] = {
        "tools": tools.exact,
        "thinking": request.thinking,
        "output_config": {"format": _form(format)} if format else None,
        "context_management": request.context_management,
    }
    return {name: value for name, value in extra.items() if value}


def _form(format: Format) -> dict[str, Any]:
    return format.model_dump(exclude_unset=True, by_alias=True)


def _sampling(request: MessagesRequest) -> tuple[tuple[str, float], ...]:
    known = {"temperature": request.temperature, "top_p": request.top_p, "top_k": request.top_k}
    return tuple((name, value) for name, value in known.items() if value is not None)
