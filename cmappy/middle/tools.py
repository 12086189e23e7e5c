"""Functions of the client become tools that the API takes, and their names are found again in what it answers (pure).

What the CLI does with tools (measured on 2.1.330): one whose schema has no `type: object` at its root makes it lose
all, one with a parameter whose name the API refuses is lost; so all that is checked here. It sorts tools by name.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from cmappy.errors import InvalidRequest
from cmappy.middle.arguments import as_object
from cmappy.middle.schema import object_schema
from cmappy.turn import Tool

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_RESERVED = ("ToolSearch", "StructuredOutput")  # the CLI has a use of its own for them, and would lose the client's


def api_name(name: str) -> str:
    """Return a name, or an id, as the API takes it, which knows letters, digits, `_` and `-` only."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)


class Toolbox:
    """The tools of one request; `at` always is the path of what an error is about."""

    def __init__(self) -> None:
        self._tools: dict[str, Tool] = {}  # by the client's name
        self._taken = set(_RESERVED)

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

    def add(self, name: str, description: str, schema: dict[str, Any] | None, *, name_at: str, schema_at: str) -> None:
        """Add a tool; raises InvalidRequest with `param`."""
        if not _NAME.fullmatch(name):
            raise InvalidRequest(
                f"Invalid function name `{name[:80]}`: use 1 to 64 letters, digits, `_`, `-` or `.`.", param=name_at
            )
        if name in self._tools:
            raise InvalidRequest(f"The function `{name}` is there twice.", param=name_at)
        checked = object_schema(schema, f"The schema of the tool `{name}`", schema_at)
        self._tools[name] = Tool(self._unique(api_name(name)), description, orjson.dumps(checked).decode())

    def api_name(self, name: str) -> str:
        """Return the API's name of a tool, whether it is offered or was once."""
        return self._tools[name].name if name in self._tools else api_name(name)

    def input(self, name: str, arguments: str) -> str:
        """Return the arguments of a call as the API takes them: a JSON object as text."""
        return as_object(arguments)

    def _unique(self, safe: str) -> str:
        unique, again = safe, 2
        while unique in self._taken:
            unique, again = f"{safe[:60]}_{again}", again + 1
        self._taken.add(unique)
        return unique
