"""What all observations of one exchange share."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from conformance.common.exchange import MISSING, Exchange, Unreadable, pick
from conformance.common.scenarios import Expected
from conformance.common.sse import Block, blocks


class Observed:
    """An exchange, and what is expected of it."""

    def __init__(self, exchange: Exchange, expect: Expected) -> None:
        self.exchange = exchange
        self.expect = expect

    @property
    def refused(self) -> bool:
        """Whether the server said honestly that it cannot do this: status 400 and a message."""
        return self.exchange.status == 400 and bool(pick(self.exchange.json(), "error", "message"))

    def header(self, name: str) -> str:
        """Return a response header, or an empty text."""
        return self.exchange.headers.get(name, "")

    def require_success(self) -> None:
        """Refuse to look into an answer that is none."""
        if self.exchange.status != 200:
            raise Unreadable(f"the request was answered with status {self.exchange.status}: {self.exchange.text}")


class Events(Observed):
    """A stream of events, whatever they say."""

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks, comments included."""
        self.require_success()
        return blocks(self.exchange.body)

    @cached_property
    def data(self) -> list[str]:
        """The data of each event that has some."""
        return [block.data for block in self.blocks if block.data is not None]

    @cached_property
    def payloads(self) -> list[Any]:
        """The JSON values of the events, without `[DONE]`; MISSING where there is no JSON."""
        return [_parse(text) for text in self.data if text != "[DONE]"]


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return MISSING
