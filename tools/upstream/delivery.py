"""Sends one answer over one connection. This file knows Sanic's responses; what to say comes from `stream`."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from sanic import Request
from sanic.response import raw

from tools.upstream.answer import STATUS_OF, Json
from tools.upstream.received import Outcome, Received
from tools.upstream.stream import Cut, Event, Hang, Pause, Step, Wait, fold

_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way back to whoever sent one request; a client that leaves cancels whatever is being sent."""

    request: Request
    received: Received
    request_id: str
    pass_gate: Callable[[str], Awaitable[object]]

    async def json(self, body: Json, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> None:
        """Respond with one JSON body, on its way as soon as the handler returns."""
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        # Left to Sanic to send: a response to HEAD that was already sent breaks its own attempt to end it.
        await self.request.respond(
            raw(text, status, {"request-id": self.request_id, **headers}, content_type="application/json")
        )

    async def error(self, error: Json, status: int, headers: Mapping[str, str] = _NO_HEADERS) -> None:
        """Send an error in the Messages API's shape."""
        await self.json({"type": "error", "error": error, "request_id": self.request_id}, status, headers)

    async def stream(self, steps: Iterable[Step], headers: Mapping[str, str]) -> None:
        """Send events as they come."""
        response = await self.request.respond(
            headers={"request-id": self.request_id, **headers}, content_type="text/event-stream; charset=utf-8"
        )
        for step in steps:
            if isinstance(step, Event):
                await response.send(step.encode())
            else:
                await self._take(step)
        await response.eof()

    async def message(self, steps: Iterable[Step], headers: Mapping[str, str]) -> None:
        """Send what the events add up to, after all the time that the stream would have taken."""
        events: list[Event] = []
        for step in steps:
            if isinstance(step, Event):
                events.append(step)
            else:
                await self._take(step)
        last = events[-1].data
        if last["type"] == "error":
            await self.error(last["error"], STATUS_OF.get(last["error"]["type"], 500), headers)
        else:
            await self.json(fold(events), headers=headers)

    async def _take(self, step: Pause | Wait | Cut | Hang) -> None:
        match step:
            case Pause(seconds=seconds):
                await asyncio.sleep(seconds)
            case Wait(gate=gate):
                await self.pass_gate(gate)
            case Cut():
                self.received.outcome = Outcome.ABORTED
                assert isinstance(self.request.transport, asyncio.WriteTransport)
                self.request.transport.abort()
                await _silence()
            case Hang():
                await _silence()


async def _silence() -> None:
    """Never return: the loss of the connection cancels whoever waits here."""
    await asyncio.get_running_loop().create_future()
