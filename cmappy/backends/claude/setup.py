"""What a process answers with, and how it is changed: model, settings, system prompt, tools and schema (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from cmappy.backends.claude import mcp, stdin
from cmappy.backends.claude.launch import SERVERS
from cmappy.backends.claude.structured import TOOL
from cmappy.errors import CliFailed, InvalidRequest
from cmappy.turn import Tool, Turn


class Setup:
    """The set-up of one process, whose API is at `base_url` (empty for the CLI's own default).

    What it returns are control requests, and it takes them for done.
    """

    def __init__(self, base_url: str) -> None:
        self.tools: tuple[Tool, ...] = ()
        self._base_url = base_url
        self._settings: dict[str, Any] = {"env": {"ANTHROPIC_BASE_URL": base_url}}
        self._system, self._schema = "", ""
        self._offers = 0
        # What the process knows of the tools that it was ever offered, by name; None where that is not sure. It keeps
        # the first description, whatever it is told later, so that the API is then given the list in its exact form.
        self._known: dict[str, Tool | None] = {}

    @property
    def profile(self) -> str:
        """What the process is set up for, in words for people."""
        tools = f"{len(self.tools)} tool{'s' * (len(self.tools) != 1)}" if self.tools else ""
        system, schema = "system prompt" if self._system else "", "schema" if self._schema else ""
        return ", ".join(filter(None, (self._settings.get("model"), system, tools, schema)))

    def fits(self, turn: Turn) -> bool:
        """Return whether the process has the turn's model, system prompt, tools and schema."""
        return (self._settings.get("model"), self._system, self.tools, self._schema) == (
            turn.model,
            turn.system,
            turn.tools,
            turn.schema,
        )

    def can_become(self, turn: Turn) -> bool:
        """Return whether the process can be switched to a turn: its schema is fixed, and that it has a prompt."""
        fits = self._schema == turn.schema and (bool(turn.system) or not self._system)
        return fits and (self._knows(turn.tools) or (not turn.schema and mcp.can_be_exact(turn.tools)))

    def open(self, turn: Turn) -> list[dict[str, Any]]:
        """Return the requests that set up a fresh process for a turn."""
        self._system, self._schema, self.tools = turn.system, turn.schema, turn.tools
        self._known = {tool.name: tool for tool in turn.tools}
        return [stdin.initialize(turn), *self.apply(turn)]

    def switch(self, turn: Turn) -> list[dict[str, Any]]:
        """Return the requests that set up an empty conversation, or one that fits, for a turn."""
        requests: list[dict[str, Any]] = []
        if turn.system != self._system:
            requests.append(stdin.another_prompt(turn.system))
            self._system = turn.system
            self._settings.pop("model", None)
        if turn.tools != self.tools:
            # Another name each time: the CLI does not ask a server that it knows already for its tools.
            self._offers += bool(turn.tools)
            self._known |= {
                tool.name: tool if self._known.get(tool.name, tool) == tool else None for tool in turn.tools
            }
            self.tools = turn.tools
            requests.append(mcp.offer(SERVERS[self._offers] if turn.tools else ""))
        return requests + self.apply(turn)

    def apply(self, turn: Turn) -> list[dict[str, Any]]:
        """Return the request for the settings that a turn needs and the process has not; each takes the CLI 8 ms."""
        wanted = stdin.settings(turn, exact_tools=not self._knows(turn.tools))
        wanted["env"]["ANTHROPIC_BASE_URL"] = self._base_url
        return self._change(wanted)

    def unlock(self) -> list[dict[str, Any]]:
        """Return the request that gives the CLI its API back."""
        return self._change({"env": {"ANTHROPIC_BASE_URL": self._base_url}})

    def lock(self) -> list[dict[str, Any]]:
        """Return the request that lets the CLI finish what it does, and send nothing to the API any more."""
        return self._change({"env": {"ANTHROPIC_BASE_URL": stdin.NOWHERE}})

    def check(self, offered: Collection[str]) -> None:
        """Raise an error if the model is offered other tools than the client's; the CLI leaves some out in silence."""
        if len(offered) == len(self.tools) + bool(self._schema):  # it has other names for some
            return
        if self._schema and TOOL not in offered:
            raise InvalidRequest(
                "The Claude Code CLI does not take this schema, and does not say why. Simplify it.",
                param="response_format.json_schema.schema",
                code="invalid_schema",
            )
        raise CliFailed(
            "The Claude Code CLI would offer the model other functions than this request does, so it was stopped. Try "
            "again; if that does not help, use a version of the CLI that is known to work.",
            code="wrong_functions",
        )

    def _knows(self, tools: Iterable[Tool]) -> bool:
        """Return whether the process has no other definition of any of these tools than this one."""
        return all(self._known.get(tool.name, tool) == tool for tool in tools)

    def _change(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        changed = stdin.changes(self._settings, wanted)
        env = {**self._settings["env"], **changed.get("env", {})}
        self._settings = {**self._settings, **changed, "env": env}
        return [stdin.apply(changed)] if changed else []
