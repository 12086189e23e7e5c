"""A chat request becomes a turn, or the error that says why it cannot (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast, get_args

import orjson

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces.chat.messages import conversation
from cmappy.faces.chat.request import AllowedTools, ChatRequest, Choice, Function, FunctionName
from cmappy.faces.face import Options
from cmappy.faces.wire import missing
from cmappy.middle.properties import rename
from cmappy.middle.schema import output_schema
from cmappy.middle.stop import bounded
from cmappy.middle.tools import Toolbox
from cmappy.turn import Effort, ToolChoice, Turn


@dataclass(frozen=True, slots=True)
class Form:
    """The form of the answer: the JSON Schema that it must follow, if any, as text.

    `names` are the client's names of its properties, where the API's are others.
    """

    schema: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


def to_turn(request: ChatRequest, toolbox: Toolbox, form: Form, model: str, options: Options) -> Turn:
    """Return the turn for a request that has been read, with `model` as the backend knows it; raises InvalidRequest."""
    if request.n > 1:
        raise Unsupported("Only one choice per request is offered: set `n` to 1.", param="n", code="unsupported_value")
    if set(request.modalities) - {"text"}:
        raise Unsupported("Nothing but text is offered: ask for `text` only.", param="modalities")
    choice, name = _choice(request, toolbox)
    system, messages = conversation(request.messages, toolbox, url_images=options.url_images)
    return Turn(
        model=model,
        system=system,
        messages=messages,
        tools=toolbox.tools,
        tool_choice=choice,
        tool_name=name,
        parallel_tools=request.parallel_tool_calls or not toolbox.tools,
        schema=form.schema,
        max_tokens=_limit(request),
        stop=bounded(request.stop, "stop"),
        effort=_effort(request.reasoning_effort),
        sampling=_sampling(request) if options.forward_sampling else (),
    )


def tools(request: ChatRequest) -> Toolbox:
    """Return the functions that the model may call as tools; raises InvalidRequest with `param`.

    What is in `tools` and in `functions` counts once.
    """
    functions: list[tuple[Function, str]] = []
    for at, tool in enumerate(request.tools):
        if tool.type == "function":
            if tool.function is None:
                raise missing(f"tools[{at}].function")
            functions.append((tool.function, f"tools[{at}].function"))
    known = {function.name for function, _ in functions}
    functions += [
        (function, f"functions[{at}]") for at, function in enumerate(request.functions) if function.name not in known
    ]
    allowed = _allowed(request)
    toolbox = Toolbox(structured=request.response_format.type != "text")
    for function, path in functions:
        if allowed is None or function.name in allowed:
            toolbox.add(
                function.name,
                function.description,
                function.parameters,
                name_at=f"{path}.name",
                schema_at=f"{path}.parameters",
            )
    for name in allowed or ():
        if name not in toolbox:
            raise _no_tool(name, "tool_choice.allowed_tools")
    return toolbox


def _allowed(request: ChatRequest) -> set[str] | None:
    """Return the names among which the model may choose, if the request lists them."""
    if request.tool_choice.allowed_tools is None:
        return None
    return {tool.function.name for tool in request.tool_choice.allowed_tools.tools if tool.function}


def _choice(request: ChatRequest, toolbox: Toolbox) -> tuple[ToolChoice, str]:
    """Return the API's tool choice and the name that goes with it; raises InvalidRequest with `param`."""
    param, chosen = _chosen(request)
    match chosen:
        case Choice(function=FunctionName(name=name)):
            if name not in toolbox:
                raise _no_tool(name, param)
            return "tool", toolbox.api_name(name)
        case Choice(type="required") | Choice(allowed_tools=AllowedTools(mode="required")) if toolbox.tools:
            return "any", ""
        case Choice(type="none") if toolbox.tools:
            return "none", ""
    return "auto", ""


def _chosen(request: ChatRequest) -> tuple[str, Choice]:
    if "function_call" in request.model_fields_set and "tool_choice" not in request.model_fields_set:
        return "function_call", request.function_call
    return "tool_choice", request.tool_choice


def _no_tool(name: str, param: str) -> InvalidRequest:
    return InvalidRequest(f"There is no tool named `{name[:80]}`.", param=param)


def form(request: ChatRequest) -> Form:
    """Return the form that the answer must have; raises InvalidRequest with `param`."""
    wanted = request.response_format
    if wanted.type == "text":
        return Form()
    if wanted.type == "json_object":
        return Form(orjson.dumps({"type": "object"}).decode())
    if wanted.json_schema is None:
        raise missing("response_format.json_schema")
    path = "response_format.json_schema.schema"
    schema, names = rename(output_schema(wanted.json_schema.schema_, path))
    return Form(orjson.dumps(schema).decode(), names)


def _limit(request: ChatRequest) -> int | None:
    limit = request.max_completion_tokens or request.max_tokens or 0
    return limit if limit > 0 else None


def _effort(asked: str | None) -> Effort | None:
    if not asked:
        return None
    effort = "low" if asked == "minimal" else asked
    if effort not in get_args(Effort):
        raise InvalidRequest(
            f"Unknown `reasoning_effort` `{asked[:80]}`. Use none, minimal, low, medium, high, xhigh or max.",
            param="reasoning_effort",
        )
    return cast(Effort, effort)


def _sampling(request: ChatRequest) -> tuple[tuple[str, float], ...]:
    """Return what the API knows of sampling; its temperature ends at 1."""
    known = {"temperature": request.temperature, "top_p": request.top_p}
    return tuple((name, min(value, 1.0)) for name, value in known.items() if value is not None)
