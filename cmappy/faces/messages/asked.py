"""One request for a message, read: what the server asks of it on the way to an answer (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cmappy.errors import InvalidRequest
from cmappy.faces.face import Caller, Options
from cmappy.faces.messages import fields, marks, request
from cmappy.faces.messages.reply import Reply
from cmappy.faces.messages.request import MessagesRequest
from cmappy.faces.messages.tools import Tools
from cmappy.faces.messages.turn import betas, to_turn
from cmappy.turn import Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its tools, the server's options for it, and the headers that belong to it."""

    request: MessagesRequest
    tools: Tools
    own_marks: bool
    options: Options
    caller: Caller

    def turn(self, model: str) -> Turn:
        """Return the turn, with `model` as the backend knows it; raises InvalidRequest with `param`."""
        return to_turn(
            self.request,
            self.tools,
            model,
            self.options,
            own_marks=self.own_marks,
            version=self.caller.headers.get("anthropic-version", ""),
            beta=self._beta,
        )

    def ignored(self) -> list[str]:
        """Return the names of what was sent and has no effect, sorted."""
        off = betas(self.request, self._beta)[1]
        return fields.ignored(self.request, off, forward_sampling=self.options.forward_sampling)

    def reply(self, turn: Turn, *, token: str, created: int) -> Reply:
        """Return the answer in the making."""
        return Reply(id=f"msg_{token}", names=self.tools.toolbox.names)

    @property
    def _beta(self) -> str:
        return self.caller.headers.get("anthropic-beta", "")


def read(body: Any, options: Options, caller: Caller) -> Asked:
    """Return the request that a parsed body is; raises InvalidRequest with `param`."""
    if caller.headers.get("user-agent", "").startswith("claude-cli/"):
        raise InvalidRequest(
            "This is the Claude Code CLI, which would call itself through this server. Unset ANTHROPIC_BASE_URL where "
            "it runs."
        )
    asked = request.read(body)
    own_marks = marks.check(asked)
    tools = Tools(asked, own_marks=own_marks, server_tools=options.server_tools)
    return Asked(asked, tools, own_marks, options, caller)
