"""What is remembered of one request, for its response headers and its line in the log; never any content."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from cmappy.answer import Began, CallStart, Ended, Event, Piece, Routed, Usage

LEFT = 499  # the status of a request whose client has left; no client ever sees it


@dataclass(slots=True)
class Trace:
    """One request. Times are in seconds of a monotonic clock.

    `endpoint` is the URL's pattern, `route` how the backend answered, `error` the code of the error that the client
    was told.
    """

    id: str
    method: str = ""
    endpoint: str = ""
    started: float = field(default_factory=time.monotonic)
    route: str = ""
    model: str = ""
    first_token: float | None = None
    usage: Usage | None = None
    error: str = ""
    streamed: bool = False
    ended: bool = False

    def see(self, event: Event) -> None:
        """Take note of an event of the answer."""
        match event:
            case Piece() | CallStart():
                if self.first_token is None:
                    self.first_token = time.monotonic()
            case Routed(route):
                self.route = route
            case Began(model):
                self.model = model
            case Ended(usage=usage):
                self.usage = usage

    def headers(self) -> dict[str, str]:
        """Return the response headers that name the request and how it was answered."""
        return {"x-request-id": self.id} | ({"x-cmappy-route": self.route} if self.route else {})

    def elapsed(self) -> float:
        """Return the seconds since the request began."""
        return time.monotonic() - self.started

    def record(self, status: int) -> dict[str, Any]:
        """Return what the log tells of the request at its end. Times are in seconds since its beginning."""
        told: dict[str, Any] = {"id": self.id, "method": self.method, "endpoint": self.endpoint, "status": status}
        told |= {name: value for name in ("error", "route", "model") if (value := getattr(self, name))}
        if self.usage:
            told |= {"prompt_tokens": self.usage.prompt_tokens, "completion_tokens": self.usage.output_tokens}
        if self.first_token is not None:
            told["first_token"] = round(self.first_token - self.started, 3)
        return told | {"total": round(self.elapsed(), 3)}
