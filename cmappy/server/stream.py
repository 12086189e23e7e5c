"""Sends a reply: as server-sent events, or folded into one JSON object."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from sanic import HTTPResponse, Request
from sanic.response import json

from cmappy.backends import Backend
from cmappy.errors import CmappyError, TimedOut
from cmappy.events import Route, parse
from cmappy.openai.answer import DONE, PING, Chunk, encode_error
from cmappy.server.errors import translate
from cmappy.server.outbox import Outbox
from cmappy.server.trace import Trace
from cmappy.translate.collect import collect
from cmappy.translate.reply import Reply
from cmappy.turn import Turn

log = logging.getLogger("cmappy")

_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


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
    """Send the answer chunk by chunk, and a comment line after every `ping` seconds of silence.

    The headers wait for the first chunk, so that an error until then is raised and becomes a real status. Later
    ones become an error frame, and no `[DONE]` follows: a client must never take a broken answer for a short one.
    """
    outbox = Outbox()
    maker = asyncio.create_task(_fill(outbox, answer, limit, with_usage=with_usage))
    try:
        frames = await outbox.take()
        response = await request.respond(headers=_HEADERS | headers, content_type="text/event-stream; charset=utf-8")
        try:
            while frames is not None:
                await response.send(frames or PING)
                frames = await outbox.take(ping)
            last = DONE
        except CmappyError as error:
            log.warning("%s broke off: %s", request.ctx.trace.id, error.message)
            last = encode_error(error.body())
        await response.send(last)
        await response.eof()
    finally:
        maker.cancel()
        with suppress(asyncio.CancelledError):
            await maker


async def _fill(outbox: Outbox, answer: AsyncGenerator[Chunk, None], limit: float, *, with_usage: bool) -> None:
    """Put the frames of an answer into the outbox, and close it with the error that ended them early."""
    try:
        async with asyncio.timeout(limit), aclosing(answer):
            async for chunk in answer:
                if chunk.usage is None or with_usage:
                    await outbox.put(chunk.encode(with_usage=with_usage))
        outbox.close()
    except Exception as error:
        outbox.close(_too_long(limit) if isinstance(error, TimeoutError) else translate(error))


def _too_long(limit: float) -> TimedOut:
    return TimedOut(f"The answer was not complete after {limit:g} seconds.")
