"""What is remembered of one request, for its response headers and its line in the log; never any content."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from cmappy.openai.answer import Chunk, Usage


@dataclass(slots=True)
class Trace:
    """One request. Times are in seconds of a monotonic clock."""

    id: str
    started: float = field(default_factory=time.monotonic)
    route: str = ""
    model: str = ""
    first_token: float | None = None
    usage: Usage | None = None

    def see(self, chunk: Chunk) -> None:
        """Take note of a chunk of the answer."""
        self.model = chunk.head.model
        self.usage = chunk.usage
        if self.first_token is None and chunk.delta and "role" not in chunk.delta:
            self.first_token = time.monotonic()

    def headers(self) -> dict[str, str]:
        """Return the response headers that name the request and how it was answered."""
        return {"x-request-id": self.id} | ({"x-cmappy-route": self.route} if self.route else {})

    def line(self, status: int | str) -> str:
        """Return the log line; `status` is the HTTP status, or how a stream broke off."""
        now = time.monotonic()
        words = [self.id, str(status), f"route={self.route or '-'}", f"model={self.model or '-'}"]
        if self.usage:
            words.append(f"tokens={self.usage.prompt_tokens}+{self.usage.completion_tokens}")
        if self.first_token is not None:
            words.append(f"first={self.first_token - self.started:.3f}s")
        return " ".join([*words, f"total={now - self.started:.3f}s"])
