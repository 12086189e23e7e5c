"""One request for a completion, read: what the server asks of it on the way to an answer (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cmappy.faces.completions import request
from cmappy.faces.completions.fields import FIELDS
from cmappy.faces.completions.reply import Reply
from cmappy.faces.completions.request import CompletionRequest
from cmappy.faces.completions.turn import to_turn
from cmappy.faces.face import Caller, Options
from cmappy.faces.fields import without_effect
from cmappy.turn import Turn

_SAMPLING = frozenset({"temperature", "top_p"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the server's options for it."""

    request: CompletionRequest
    options: Options

    def turn(self, model: str) -> Turn:
        """Return the turn, with `model` as the backend knows it; raises InvalidRequest with `param`."""
        return to_turn(self.request, model, self.options)

    def ignored(self) -> list[str]:
        """Return the names of the fields that were sent and have no effect, sorted."""
        sent = self.request.model_fields_set | set(self.request.model_extra or ())
        return without_effect(sent, FIELDS, _SAMPLING if self.options.forward_sampling else ())

    def reply(self, turn: Turn, *, token: str, created: int) -> Reply:
        """Return the answer in the making."""
        echo = self.request.text if self.request.echo else ""
        with_usage = self.request.stream_options.include_usage
        return Reply(id=f"cmpl-{token}", created=created, echo=echo, with_usage=with_usage)


def read(body: Any, options: Options, caller: Caller) -> Asked:
    """Return the request that a parsed body is; raises InvalidRequest with `param`."""
    return Asked(request.read(body), options)
