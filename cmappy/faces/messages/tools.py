"""The tools of a request: what the CLI has to know of them, and the form in which the API must see them (pure).

The CLI knows a tool by name, description and schema. Where the client says more, its own list replaces the CLI's in the
API request, and the CLI still knows every name, so that it waits with the calls for the client.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces.messages.request import MessagesRequest
from cmappy.faces.wire import missing
from cmappy.middle.tools import Toolbox
from cmappy.turn import ToolChoice

Json = dict[str, Any]

_PLAIN = {"type", "name", "description", "input_schema"}
_CLIENT = re.compile(r"(bash|text_editor|computer|memory)_\d{8}")
_SERVER = re.compile(r"(web_search|web_fetch|code_execution)_\d{8}")


class Tools:
    """The tools of one request; `exact` is the list for the API where the CLI would say less, else empty."""

    def __init__(self, request: MessagesRequest, *, own_marks: bool, server_tools: bool) -> None:
        self.toolbox = Toolbox()
        self.exact: list[Json] = []
        exact = False
        for at, tool in enumerate(request.tools):
            tool = tool if own_marks else {name: value for name, value in tool.items() if name != "cache_control"}
            path = f"tools[{at}]"
            kind = tool.get("type", "custom")
            if not isinstance(kind, str):
                raise InvalidRequest(f"Invalid type for `{path}.type`: it must be a string.", param=f"{path}.type")
            if _SERVER.fullmatch(kind):
                _allow(kind, path, server_tools=server_tools)
                self.exact.append(tool)
            else:
                self._add(tool, kind, path)
            exact = exact or kind != "custom" or bool(tool.keys() - _PLAIN)
        if not exact:
            self.exact = []

    def choice(self, request: MessagesRequest) -> tuple[ToolChoice, str]:
        """Return the choice and the name that goes with it; raises InvalidRequest."""
        chosen = request.tool_choice
        if chosen.type == "auto" or (chosen.type == "none" and not request.tools):
            return "auto", ""
        if not request.tools:
            raise InvalidRequest("A tool is required, but `tools` is empty.", param="tool_choice")
        if chosen.type != "tool":
            return chosen.type, ""
        if chosen.name not in {tool.get("name") for tool in request.tools}:
            raise InvalidRequest(f"There is no tool named `{chosen.name[:80]}`.", param="tool_choice.name")
        return "tool", self.toolbox.api_name(chosen.name)

    def _add(self, tool: Json, kind: str, path: str) -> None:
        if kind != "custom" and not _CLIENT.fullmatch(kind):
            raise Unsupported(f"Tools of type `{kind[:80]}` are not offered.", param=f"{path}.type")
        name, description = tool.get("name"), tool.get("description", "")
        if name is None:
            raise missing(f"{path}.name")
        if not isinstance(name, str) or not isinstance(description, str):
            raise InvalidRequest("The name and the description of a tool must be strings.", param=path)
        schema = {"type": "object"} if kind != "custom" else tool.get("input_schema")
        if schema is None:
            raise missing(f"{path}.input_schema")
        if not isinstance(schema, dict):
            raise InvalidRequest(f"`{path}.input_schema` must be an object.", param=f"{path}.input_schema")
        at = f"{path}.input_schema"
        self.toolbox.add(name, description, schema, name_at=f"{path}.name", schema_at=at)
        exact = {**tool, "name": self.toolbox.api_name(name)}
        if exact["name"] in self.toolbox.properties:
            exact["input_schema"] = self.toolbox.schema(name)
            if isinstance(examples := tool.get("input_examples"), list):
                exact["input_examples"] = [self._example(name, example) for example in examples]
        self.exact.append(exact)

    def _example(self, name: str, example: Any) -> Any:
        return (
            orjson.loads(self.toolbox.renamed(name, orjson.dumps(example).decode()))
            if isinstance(example, dict)
            else example
        )


def _allow(kind: str, path: str, *, server_tools: bool) -> None:
    if not server_tools:
        raise Unsupported(
            f"The API itself would run `{kind}`, which costs more than the answer. Start cmappy with "
            "`--allow-server-tools` if it may.",
            param=f"{path}.type",
        )
