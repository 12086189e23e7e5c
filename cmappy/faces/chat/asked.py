"""One chat request, read: what the server asks of it on the way to an answer (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cmappy.faces.chat import fields, kept, request
from cmappy.faces.chat.reply import Reply
from cmappy.faces.chat.request import ChatRequest
from cmappy.faces.chat.turn import Form, form, to_turn, tools
from cmappy.faces.face import Caller, Options
from cmappy.middle.tools import Toolbox
from cmappy.turn import Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its tools, the server's options for it, whose it is, and its body."""

    request: ChatRequest
    toolbox: Toolbox
    form: Form
    options: Options
    caller: Caller
    body: Mapping[str, Any]

    def turn(self, model: str) -> Turn:
        """Return the turn, with `model` as the backend knows it; raises InvalidRequest with `param`."""
        return to_turn(self.request, self.toolbox, self.form, model, self.options)

    def ignored(self) -> list[str]:
        """Return the names of what was sent and has no effect, sorted."""
        return fields.ignored(self.request, forward_sampling=self.options.forward_sampling)

    def reply(self, turn: Turn, *, token: str, created: int) -> Reply:
        """Return the answer in the making; `created` is in Unix seconds."""
        return Reply(
            id=f"chatcmpl-{token}",
            created=created,
            names=self.toolbox.names,
            properties=self.toolbox.properties,
            keys=self.form.names,
            legacy=bool(self.request.functions) and not self.request.tools,
            reasoning=self.options.reasoning,
            with_usage=self.request.stream_options.include_usage,
            keep=self._keep if self.request.store else None,
        )

    def _keep(self, completion: dict[str, Any]) -> None:
        kept.keep(self.caller.shelf, completion, self.body["messages"], self.body.get("metadata"))


def read(body: Any, options: Options, caller: Caller) -> Asked:
    """Return the request that a parsed body is; raises InvalidRequest with `param`."""
    asked = request.read(body)
    if asked.store and asked.metadata is not None:
        kept.metadata(asked.metadata)
    return Asked(asked, tools(asked), form(asked), options, caller, body)
