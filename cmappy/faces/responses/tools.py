"""The tools of a request become those of a turn: functions, plain-text tools and what stands in namespaces (pure).

Tools that OpenAI would run cannot be offered. Those that only add abilities are left out and named to the client;
those that carry work or data of the client are refused, because the answer would silently lack it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces.responses.freeform import HINT, SCHEMA
from cmappy.faces.responses.reply import Called
from cmappy.faces.responses.request import Choice, Item, Tool
from cmappy.faces.wire import missing
from cmappy.middle.tools import Toolbox
from cmappy.turn import Tool as Offered
from cmappy.turn import ToolChoice

LEFT_OUT = frozenset(
    {
        "web_search",
        "web_search_2025_08_26",
        "web_search_preview",
        "web_search_preview_2025_03_11",
        "tool_search",
        "image_generation",
        "programmatic_tool_calling",
    }
)
MOST = 128  # tools in one request, OpenAI's own limit
_LONGEST = 64  # characters of a name


class _Found(NamedTuple):
    called: Called
    tool: Tool
    path: str


class Tools:
    """The tools that are offered, and what the client calls them; raises InvalidRequest with `param`.

    `items` may bring further ones; the first `shift` of them come from the store.
    """

    def __init__(
        self,
        tools: Sequence[Tool],
        choice: Choice,
        items: Sequence[Item] = (),
        shift: int = 0,
        *,
        structured: bool = False,
    ) -> None:
        found = list(_flat(tools, "tools"))
        for at, item in enumerate(items):
            if item.type == "additional_tools":
                found += _flat(item.tools, f"input[{at - shift}].tools")
        self._box = Toolbox(structured=structured)
        self._called: dict[str, Called] = {}
        for called, tool, path in found:
            self._add(called, tool, path)
        if len(self._called) > MOST:
            raise InvalidRequest(f"At most {MOST} tools are taken.", param="tools", code="array_above_max_length")
        self.offered: tuple[Offered, ...] = self._box.tools
        self.names = {api: self._called[name] for api, name in self._box.names.items()}
        self.choice, self.name = self._choose(choice)

    def api_name(self, name: str, namespace: str = "") -> str:
        """Return the API's name of a tool, whether it is offered or was once."""
        return self._box.api_name(_joined(name, namespace))

    @property
    def properties(self) -> dict[str, dict[str, str]]:
        """The client's names of properties by the API's, for each tool that has such; by the API's name of the tool."""
        return self._box.properties

    def input(self, arguments: str, name: str, namespace: str = "") -> str:
        """Return the arguments of a call as the API takes them: a JSON object as text."""
        return self._box.input(_joined(name, namespace), arguments)

    def _add(self, called: Called, tool: Tool, path: str) -> None:
        name = _joined(called.name, called.namespace)
        if path.startswith("input") and self._called.get(name) == called:
            return  # an item may bring again what is there
        self._called[name] = called
        at, schema_at = f"{path}.name", f"{path}.parameters"
        if called.custom:
            self._box.add(name, _described(tool), SCHEMA, name_at=at, schema_at=schema_at)
        else:
            self._box.add(name, tool.description, tool.parameters, name_at=at, schema_at=schema_at)

    def _choose(self, choice: Choice) -> tuple[ToolChoice, str]:
        """Return the API's tool choice and the name that goes with it."""
        match choice.type:
            case "none" if self.offered:
                return "none", ""
            case "auto" | "none":
                return "auto", ""
            case "required":
                return self._must()
            case "function" | "custom":
                return "tool", self._named(choice.name, "tool_choice.name")
            case "allowed_tools":
                return self._allow(choice)
        raise Unsupported(
            f"A `tool_choice` of type `{choice.type[:80]}` is not offered.",
            param="tool_choice",
            code="unsupported_value",
        )

    def _allow(self, choice: Choice) -> tuple[ToolChoice, str]:
        """Offer only what the client allows now."""
        allowed = {
            self._named(tool.name, f"tool_choice.tools[{at}].name")
            for at, tool in enumerate(choice.tools)
            if tool.type in {"function", "custom"}
        }
        self.offered = tuple(tool for tool in self.offered if tool.name in allowed)
        return self._must() if choice.mode == "required" else ("auto", "")

    def _must(self) -> tuple[ToolChoice, str]:
        if not self.offered:
            raise InvalidRequest("A tool is required, but none is offered.", param="tool_choice")
        return "any", ""

    def _named(self, name: str, path: str) -> str:
        for api, called in self.names.items():
            if name in {called.name, _joined(called.name, called.namespace)}:
                return api
        raise InvalidRequest(f"There is no tool named `{name[:80]}`.", param=path)


def _joined(name: str, namespace: str) -> str:
    """Return the one name of a tool that may stand in a namespace, shortened if need be."""
    joined = f"{namespace}__{name}" if namespace else name
    if not namespace or len(joined) <= _LONGEST:
        return joined
    return f"{joined[-(_LONGEST - 9) :]}_{hashlib.sha256(joined.encode()).hexdigest()[:8]}"


def left_out(tools: Sequence[Tool]) -> list[str]:
    """Return the paths of the tools that are not offered to the model."""
    return [f"tools[{at}]" for at, tool in enumerate(tools) if tool.type in LEFT_OUT]


def _flat(tools: Sequence[Tool], path: str, namespace: str = "") -> Iterator[_Found]:
    for at, tool in enumerate(tools):
        here = f"{path}[{at}]"
        match tool.type:
            case "function" | "custom":
                yield _Found(Called(tool.name, namespace, tool.type == "custom"), tool, here)
            case "namespace" if not namespace and not tool.name:
                raise missing(f"{here}.name")
            case "namespace" if not namespace:
                yield from _flat(tool.tools, f"{here}.tools", tool.name)
            case kind if kind not in LEFT_OUT:
                raise Unsupported(
                    f"Tools of type `{kind[:80]}` are not offered: send functions or custom tools.",
                    param=f"{here}.type",
                    code="unsupported_value",
                )


def _described(tool: Tool) -> str:
    """Return the description of a plain-text tool, which cannot hold the model to its grammar but tell it."""
    form = tool.format or {}
    described = [tool.description, HINT]
    if form.get("definition"):
        described.append(f"The input must follow this {form.get('syntax', '')} grammar:\n{form['definition']}")
    return "\n\n".join(text for text in described if text)
