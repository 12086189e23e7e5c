"""Sends a reply: as server-sent events, or folded into one JSON object."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from dataclasses import dataclass
from typing import Any

from sanic import HTTPResponse
from sanic.response import json

from cmappy.answer import Event
from cmappy.errors import CmappyError
from cmappy.faces.face import Reply
from cmappy.server.errors import translate
from cmappy.server.outbox import Outbox
from cmappy.server.request import ClientRequest
from cmappy.server.sender import Sender
from cmappy.server.trace import LEFT, Trace

log = logging.getLogger("cmappy")

_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

_SLICE = 50  # events, which take about 2 ms

Events = AsyncGenerator[Event, None]
Slot = AbstractAsyncContextManager[None]


@dataclass(frozen=True, slots=True)
class Streaming:
    """How to stream: `ping` is sent after `ping_interval` seconds of silence.

    At most `max_unread` bytes are buffered for a slow client; one that reads nothing of them for `stall_timeout`
    seconds is dropped. An `eager` stream does not wait for the first piece of the answer.
    """

    ping: bytes
    ping_interval: float
    max_unread: int
    stall_timeout: float
    eager: bool = False


async def send_whole(
    events: Events, reply: Reply[Any], trace: Trace, slot: Slot, headers: dict[str, str]
) -> HTTPResponse:
    """Return the whole answer as one response; raises what the slot raises, and the error that ended it early."""
    breaks = _Breaks()
    async with slot, aclosing(events):
        async for event in events:
            trace.see(event)
            for wire in reply.feed(event):
                reply.add(wire)
            await breaks.count()
    return json(reply.whole(), headers=headers)


async def send_stream(
    request: ClientRequest, events: Events, reply: Reply[Any], slot: Slot, headers: dict[str, str], how: Streaming
) -> None:
    """Send the answer piece by piece. The slot is released when the answer is complete, not when it is read.

    The headers wait for the first piece of the answer, unless it is `eager`, so that an error until then is raised and
    becomes a real status; but no longer than `ping_interval` seconds, in which a request may also wait for a slot or
    for the CLI: clients and proxies give up a silent connection. Later errors become an error frame without an end
    marker behind it: a client must never take a broken answer for a short one.
    """
    loop = asyncio.get_running_loop()
    headers_due = loop.time() + how.ping_interval
    outbox = Outbox(how.max_unread)
    filling = asyncio.create_task(_fill(outbox, events, reply, request.trace, slot))
    try:
        frames = await outbox.take(how.ping_interval)
        if frames and request.trace.first_token is None and not how.eager:
            frames += await outbox.take(headers_due - loop.time()) or b""
        request.trace.streamed = True
        response = await request.respond(headers=_HEADERS | headers, content_type="text/event-stream; charset=utf-8")
        sender = Sender(request, response, how.stall_timeout)
        try:
            while frames is not None:
                await sender.send(frames or how.ping)
                frames = await outbox.take(how.ping_interval)
            last = reply.end
        except CmappyError as error:
            request.trace.error = error.code or ""
            log.debug("%s broke off: %s", request.trace.id, error.message)
            last = reply.broken(error)
        if last:
            await sender.send(last)
        request.app.ctx.requests.end(request.trace, response.status)  # most clients hang up now
        await response.eof()
    finally:
        filling.cancel()
        if request.trace.streamed:
            request.app.ctx.requests.end(request.trace, LEFT)  # unless it has ended already
        with suppress(asyncio.CancelledError):
            await filling


async def _fill(outbox: Outbox, events: Events, reply: Reply[Any], trace: Trace, slot: Slot) -> None:
    """Put the frames of an answer into the outbox, and close it with the error that ended them early."""
    breaks = _Breaks()
    try:
        async with slot, aclosing(events):
            async for event in events:
                trace.see(event)
                for wire in reply.feed(event):
                    if frame := reply.encode(wire):
                        await outbox.put(frame)
                await breaks.count()
        outbox.close()
    except Exception as error:
        outbox.close(translate(error))


class _Breaks:
    """Yields to the event loop now and then, also if the next events are there already."""

    def __init__(self) -> None:
        self._events = 0

    async def count(self) -> None:
        """Count an event."""
        self._events += 1
        if self._events % _SLICE == 0:
            await asyncio.sleep(0)
