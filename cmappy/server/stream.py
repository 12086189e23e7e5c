"""Sends a reply: as server-sent events, or folded into one JSON object."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from sanic import HTTPResponse, Request
from sanic.response import BaseHTTPResponse, json

from cmappy.backends import Backend
from cmappy.errors import TimedOut
from cmappy.events import Route, parse
from cmappy.openai.answer import DONE, PING, Chunk, encode_error
from cmappy.server.errors import translate
from cmappy.server.trace import Trace
from cmappy.translate.collect import collect
from cmappy.translate.reply import Reply
from cmappy.turn import Turn

log = logging.getLogger("cmappy")

_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


class Heartbeat:
    """Sends a comment line whenever a stream has been silent for `pause` seconds, so that no client gives it up."""

    def __init__(self, response: BaseHTTPResponse, pause: float) -> None:
        self._response = response
        self._pause = pause
        self._silent = True
        self._task = asyncio.create_task(self._run())

    def beat(self) -> None:
        """Say that something was just sent."""
        self._silent = False

    def stop(self) -> None:
        """Send no more."""
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            if self._silent:
                await self._response.send(PING)
            self._silent = True


async def chunks(
    backend: Backend, turn: Turn, reply: Reply, trace: Trace, owner: str = ""
) -> AsyncGenerator[Chunk, None]:
    """Yield the chunks of the answer to a turn; raises the error that ended it early."""
    async with aclosing(backend.lines(turn, owner)) as lines:
        async for line in lines:
            event = parse(line)
            if isinstance(event, Route):
                trace.route = event.route
            for chunk in reply.feed(event):
                trace.see(chunk)
                yield chunk
            if reply.finished:
                return
    reply.close()


async def send_whole(answer: AsyncGenerator[Chunk, None], headers: dict[str, str], limit: float) -> HTTPResponse:
    """Return the whole answer as one response; raises TimedOut after `limit` seconds."""
    try:
        async with asyncio.timeout(limit), aclosing(answer):
            return json(collect([chunk async for chunk in answer]), headers=headers)
    except TimeoutError as error:
        raise _too_long(limit) from error


async def send_stream(
    request: Request,
    answer: AsyncGenerator[Chunk, None],
    headers: dict[str, str],
    *,
    limit: float,
    with_usage: bool,
    ping: float,
) -> None:
    """Send the answer chunk by chunk.

    The headers wait for the first chunk, so that an error until then is raised and becomes a real status. Later
    ones become an error frame, and no `[DONE]` follows: a client must never take a broken answer for a short one.
    """
    response = heartbeat = None
    try:
        async with asyncio.timeout(limit), aclosing(answer):
            async for chunk in answer:
                if response is None or heartbeat is None:
                    response = await request.respond(
                        headers=_HEADERS | headers, content_type="text/event-stream; charset=utf-8"
                    )
                    heartbeat = Heartbeat(response, ping)
                heartbeat.beat()
                if chunk.usage is None or with_usage:
                    await response.send(chunk.encode(with_usage=with_usage))
        last = DONE
    except Exception as error:
        failed = _too_long(limit) if isinstance(error, TimeoutError) else translate(error)
        if response is None:
            raise failed from error
        log.warning("%s broke off: %s", request.ctx.trace.id, failed.message)
        last = encode_error(failed.body())
    finally:
        if heartbeat:
            heartbeat.stop()
    if response is not None:  # always so: an answer that ends without an error has at least one chunk
        await response.send(last)
        await response.eof()


def _too_long(limit: float) -> TimedOut:
    return TimedOut(f"The answer was not complete after {limit:g} seconds.")
