"""Our control requests to one process, until each is answered (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cmappy.backends.claude import stdin
from cmappy.backends.claude.events import ControlResponse
from cmappy.backends.claude.phases import OutOfPlace


class Requests:
    """Numbers the requests, and knows which of them are open and which of those the next message has to wait for."""

    def __init__(self) -> None:
        self._sent = 0
        self._open: dict[str, str] = {}
        self._awaited: set[str] = set()

    @property
    def awaited(self) -> bool:
        """Whether something still has to be answered before the next message can be written."""
        return bool(self._awaited)

    def line(self, request: Mapping[str, Any]) -> bytes:
        """Return the line that makes a request."""
        self._sent += 1
        id = f"cmappy-{self._sent}"
        self._open[id] = request["subtype"]
        return stdin.control(id, request)

    def await_all(self) -> None:
        """Have the next message wait for all that is open now."""
        self._awaited = set(self._open)

    def is_open(self, subtype: str) -> bool:
        """Return whether a request of this kind has no answer yet."""
        return subtype in self._open.values()

    def answered(self, response: ControlResponse) -> str:
        """Return which kind of request is answered; raises OutOfPlace if it was refused, or never made."""
        if response.subtype == "error":
            raise OutOfPlace(f"refused a control request: {response.error}")
        subtype = self._open.pop(response.request_id, "")
        if not subtype:
            raise OutOfPlace("answered a request that was not made")
        self._awaited.discard(response.request_id)
        if subtype == "rewind_conversation" and response.response.get("rewound") is not True:
            raise OutOfPlace(f"would not be rewound: {response.response.get('reason', 'no reason given')}")
        return subtype
