"""The functions and schemas of a request become tools that the CLI takes as they are, or the error that says why not.

What the CLI does with them (measured on 2.1.330): one tool whose schema has no `type: object` at its root makes it
lose all tools, one with a parameter whose name the API refuses is lost, and an invalid output schema is ignored; so all
that is checked here. It sorts tools by name.
"""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import orjson

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.openai.chat import ChatRequest, Choice, Function
from cmappy.translate.structured import TOOL, validator
from cmappy.turn import Tool, ToolChoice

MOST_TOOLS = 128  # OpenAI's own limit
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")  # of a function, and of a property at the root of a schema
_RESERVED = {"ToolSearch"}  # the CLI drops a tool of this name


def api_name(name: str) -> str:
    """Return a name, or an id, as the API takes it, which knows letters, digits, `_` and `-` only."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)


def names(request: ChatRequest) -> dict[str, str]:
    """Return the client's name of each function, by the API's."""
    functions = [*(tool.function for tool in request.tools), *request.functions]
    return {api_name(function.name): function.name for function in functions}


def offered(request: ChatRequest) -> tuple[Tool, ...]:
    """Return the tools of a request; raises InvalidRequest with `param`."""
    functions = [(tool.function, f"tools[{at}].function") for at, tool in enumerate(request.tools)]
    functions += [(function, f"functions[{at}]") for at, function in enumerate(request.functions)]
    if len(functions) > MOST_TOOLS:
        raise InvalidRequest(f"At most {MOST_TOOLS} tools are taken.", param="tools", code="array_above_max_length")
    seen: set[str] = set()
    for function, path in functions:
        _check_name(function.name, path)
        if api_name(function.name) in seen:
            raise InvalidRequest(
                f"The function `{function.name}` is there twice; for the API `.` is `_`.",
                param=f"{path}.name",
            )
        seen.add(api_name(function.name))
    if TOOL in seen and request.response_format.type != "text":
        raise Unsupported(f"With a `response_format` no function can be named `{TOOL}`.", param="tools")
    return tuple(_tool(function, path) for function, path in functions)


def choice(request: ChatRequest, tools: tuple[Tool, ...]) -> tuple[ToolChoice, str]:
    """Return the API's tool choice and the name that goes with it; raises InvalidRequest with `param`."""
    param, chosen = _chosen(request)
    match chosen:
        case Choice(type="function", function=function) if function:
            if all(api_name(function.name) != tool.name for tool in tools):
                raise InvalidRequest(f"There is no tool named `{function.name}`.", param=param)
            return "tool", api_name(function.name)
        case Choice(type="required"):
            if not tools:
                raise InvalidRequest("A tool is required, but `tools` is empty.", param=param)
            return "any", ""
        case Choice(type="none") if tools:
            return "none", ""
    return "auto", ""


def _chosen(request: ChatRequest) -> tuple[str, Choice]:
    if "function_call" in request.model_fields_set:
        return "function_call", request.function_call
    return "tool_choice", request.tool_choice


def output_schema(request: ChatRequest) -> str:
    """Return the JSON Schema that the answer must follow, or an empty text; raises InvalidRequest with `param`."""
    wanted = request.response_format
    if wanted.type == "text":
        return ""
    if wanted.type == "json_object":
        return orjson.dumps({"type": "object"}).decode()
    if wanted.json_schema is None:
        raise InvalidRequest(
            "Missing required parameter: `response_format.json_schema`.",
            param="response_format.json_schema",
            code="missing_required_parameter",
        )
    path = "response_format.json_schema.schema"
    schema = wanted.json_schema.schema_ or {}
    if several := {"anyOf", "oneOf", "allOf"} & schema.keys():
        raise InvalidRequest(f"`{min(several)}` is not possible at the root of a schema.", param=path)
    return _schema(schema, path)


def _check_name(name: str, path: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"Invalid function name `{name[:80]}`: use 1 to 64 letters, digits, `_`, `-` or `.`.", param=f"{path}.name"
        )
    if name in _RESERVED:
        raise Unsupported(
            f"The CLI does not offer functions named `{name}`: choose another name.", param=f"{path}.name"
        )


def _tool(function: Function, path: str) -> Tool:
    return Tool(api_name(function.name), function.description, _schema(function.parameters, f"{path}.parameters"))


def _schema(schema: dict[str, Any] | None, path: str) -> str:
    """Return a schema as text, with the root type that it must have."""
    schema = {name: value for name, value in (schema or {}).items() if value is not None}
    if schema.setdefault("type", "object") != "object":
        raise InvalidRequest("The schema must be of type `object` at its root.", param=path)
    _compile(schema, path)
    for name in schema.get("properties", ()):
        if not _NAME.fullmatch(name):
            raise InvalidRequest(
                f"Invalid property `{name[:80]}`: its name must be 1 to 64 letters, digits, `_`, `-` or `.`.",
                param=path,
                code="invalid_schema",
            )
    return orjson.dumps(schema).decode()


def _compile(schema: dict[str, Any], path: str) -> None:
    try:
        validator(schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        said = getattr(error, "message", str(error))
        raise InvalidRequest(f"Invalid JSON Schema: {said[:300]}.", param=path, code="invalid_schema") from error
