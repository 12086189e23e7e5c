"""Functions of the client become tools that the API takes, and their names are found again in what it answers (pure).

What the CLI does with tools (measured on 2.1.330): one whose schema has no `type: object` at its root makes it lose
all, one with a parameter whose name the API refuses is lost; so that is mended here. It sorts tools by name.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from cmappy.errors import InvalidRequest, TooLarge
from cmappy.middle.arguments import as_object
from cmappy.middle.names import Names
from cmappy.middle.properties import rename, rename_keys
from cmappy.middle.schema import object_schema
from cmappy.turn import Tool

MOST_PARTS = 50_000  # of all schemas: far more than any model reads

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_LOST = "ToolSearch"  # the CLI has a use of its own for the name, and loses the client's tool
_ANSWER = "StructuredOutput"  # likewise, where the answer has a schema


def api_name(name: str) -> str:
    """Return a name, or an id, as the API takes it, which knows letters, digits, `_` and `-` only."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)


class Toolbox:
    """The tools of one request; `structured` says that the answer has a schema."""

    def __init__(self, *, structured: bool = True) -> None:
        self._tools: dict[str, Tool] = {}  # by the client's name
        self._properties: dict[str, dict[str, str]] = {}  # likewise
        self._names = Names({_LOST, _ANSWER} if structured else {_LOST})
        self._parts = 0

    def __contains__(self, name: str) -> bool:
        """Return whether there is a tool of this name, which is the client's."""
        return name in self._tools

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All tools, in the order in which they were added."""
        return tuple(self._tools.values())

    @property
    def names(self) -> dict[str, str]:
        """The client's name of each tool, by the API's."""
        return {tool.name: name for name, tool in self._tools.items()}

    @property
    def properties(self) -> dict[str, dict[str, str]]:
        """The client's names of properties by the API's, for each tool that has such; by the API's name of the tool."""
        return {self._tools[name].name: names for name, names in self._properties.items()}

    def add(self, name: str, description: str, schema: dict[str, Any] | None, *, name_at: str, schema_at: str) -> None:
        """Add a tool; raises InvalidRequest with `param`."""
        if not _NAME.fullmatch(name):
            raise InvalidRequest(
                f"Invalid function name `{name[:80]}`: use 1 to 64 letters, digits, `_`, `-` or `.`.", param=name_at
            )
        if name in self._tools:
            raise InvalidRequest(f"The function `{name}` is there twice.", param=name_at)
        self._parts += orjson.dumps(schema).count(b"{")
        if self._parts > MOST_PARTS:
            raise TooLarge(f"The schemas of all tools have more than {MOST_PARTS} parts. Send fewer.", param=schema_at)
        checked, properties = rename(object_schema(schema, f"The schema of the tool `{name}`", schema_at))
        self._tools[name] = Tool(self._names.unique(api_name(name)), description, orjson.dumps(checked).decode())
        if properties:
            self._properties[name] = properties

    def api_name(self, name: str) -> str:
        """Return the API's name of a tool, whether it is offered or was once."""
        return self._tools[name].name if name in self._tools else api_name(name)

    def input(self, name: str, arguments: str) -> str:
        """Return the arguments of a call as the API takes them: a JSON object as text."""
        return self.renamed(name, as_object(arguments))

    def renamed(self, name: str, object: str) -> str:
        """Return the input of a call, a JSON object as text, with the API's names of its properties."""
        return rename_keys(object, self._properties[name]) if name in self._properties else object

    def schema(self, name: str) -> dict[str, Any]:
        """Return the schema of a tool as the API takes it; raises KeyError if there is none of the name."""
        schema: dict[str, Any] = orjson.loads(self._tools[name].schema)
        return schema
