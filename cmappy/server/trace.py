"""What is remembered of one request, for its response headers, the log, the metrics and the page; never any content."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cmappy.answer import Began, CallStart, Ended, Event, Piece, Routed, Usage

LEFT = 499  # the status of a request whose client has left; no client ever sees it


def _nobody(trace: Trace) -> None:
    """Listen to no change."""


@dataclass(slots=True)
class Trace:
    """One request. `received` is in Unix seconds, all other times are in seconds of a monotonic clock.

    `endpoint` is the URL's pattern, `face` the API that answers it if one does, `route` how the backend answered,
    `model` the one that answers, `error` the code of the error that the client got. `status` is 0 until the end.
    `changed` is called with the trace when it begins to be answered and when it ends.
    """

    id: str
    method: str = ""
    endpoint: str = ""
    face: str = ""
    received: float = field(default_factory=time.time)
    started: float = field(default_factory=time.monotonic)
    first_token: float | None = None
    ended: float | None = None
    status: int = 0
    route: str = ""
    model: str = ""
    usage: Usage | None = None
    error: str = ""
    streamed: bool = False
    changed: Callable[[Trace], None] = _nobody

    def see(self, event: Event) -> None:
        """Take note of an event of the answer."""
        match event:
            case Piece() | CallStart():
                if self.first_token is None:
                    self.first_token = time.monotonic()
                    self.changed(self)
            case Routed(route):
                self.route = route
                self.changed(self)
            case Began(model):
                self.model = model
            case Ended(usage=usage):
                self.usage = usage

    def finish(self, status: int) -> None:
        """Note the end of the request, with the status of its response."""
        self.status, self.ended = status, time.monotonic()
        self.changed(self)

    def headers(self) -> dict[str, str]:
        """Return the response headers that name the request and how it was answered."""
        return {"x-request-id": self.id} | ({"x-cmappy-route": self.route} if self.route else {})

    @property
    def total(self) -> float:
        """The seconds that the request took, or has taken so far."""
        return (time.monotonic() if self.ended is None else self.ended) - self.started

    def record(self) -> dict[str, Any]:
        """Return the fields of the log line; times are in seconds since the request began.

        `prompt_tokens` are all of the prompt's, those read from and written to the prompt cache among them.
        """
        fields: dict[str, Any] = {name: getattr(self, name) for name in ("id", "method", "endpoint", "status")}
        fields |= {name: value for name in ("error", "route", "model") if (value := getattr(self, name))}
        if self.usage:
            fields |= {
                "prompt_tokens": self.usage.prompt_tokens,
                "cache_read_tokens": self.usage.cache_read_input_tokens,
                "cache_write_tokens": self.usage.cache_creation_input_tokens,
                "completion_tokens": self.usage.output_tokens,
            }
        if self.first_token is not None:
            fields["first_token"] = round(self.first_token - self.started, 3)
        return fields | {"total": round(self.total, 3)}
