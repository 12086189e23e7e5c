"""Sends a reply: as server-sent events, or folded into one JSON object."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from dataclasses import dataclass

from sanic import HTTPResponse
from sanic.response import json

from cmappy.backends import Backend
from cmappy.errors import CmappyError
from cmappy.events import Route, parse
from cmappy.openai.answer import DONE, PING, Chunk, encode_error
from cmappy.server.errors import translate
from cmappy.server.outbox import Outbox
from cmappy.server.reader import Reader
from cmappy.server.request import ClientRequest
from cmappy.server.trace import LEFT, Trace
from cmappy.translate.collect import collect
from cmappy.translate.reply import Reply
from cmappy.turn import Turn

log = logging.getLogger("cmappy")

_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

Place = AbstractAsyncContextManager[None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How to stream: a comment after `ping` seconds of silence, at most `unread` bytes kept for a slow client.

    One that takes nothing of them for `stall` seconds is given up.
    """

    with_usage: bool
    ping: float
    unread: int
    stall: float


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


async def send_whole(answer: AsyncGenerator[Chunk, None], headers: dict[str, str], place: Place) -> HTTPResponse:
    """Return the whole answer as one response; raises what the place raises, and the error that ended it early."""
    async with place, aclosing(answer):
        return json(collect([chunk async for chunk in answer]), headers=headers)


async def send_stream(
    request: ClientRequest,
    answer: AsyncGenerator[Chunk, None],
    headers: dict[str, str],
    place: Place,
    manner: Manner,
) -> None:
    """Send the answer chunk by chunk. The place is given up when the answer is made, not when it is read.

    The headers wait for the first chunk that says more than the role, or for the first ping, so that an error until
    then is raised and becomes a real status. Later ones become an error frame, and no `[DONE]` follows: a client must
    never take a broken answer for a short one.
    """
    outbox = Outbox(manner.unread)
    maker = asyncio.create_task(_fill(outbox, answer, place, with_usage=manner.with_usage))
    try:
        frames = await outbox.take()
        if frames is not None and request.trace.first_token is None:
            frames += await outbox.take(manner.ping) or b""
        request.trace.streamed = True
        response = await request.respond(headers=_HEADERS | headers, content_type="text/event-stream; charset=utf-8")
        reader = Reader(request, response, manner.stall)
        try:
            while frames is not None:
                await reader.send(frames or PING)
                frames = await outbox.take(manner.ping)
            last = DONE
        except CmappyError as error:
            request.trace.error = error.code or ""
            log.debug("%s broke off: %s", request.trace.id, error.message)
            last = encode_error(error.body())
        await reader.send(last)
        request.app.ctx.journal.end(request.trace, response.status)  # most clients hang up now
        await response.eof()
    finally:
        maker.cancel()
        if request.trace.streamed:
            request.app.ctx.journal.end(request.trace, LEFT)  # unless it has ended already
        with suppress(asyncio.CancelledError):
            await maker


async def _fill(outbox: Outbox, answer: AsyncGenerator[Chunk, None], place: Place, *, with_usage: bool) -> None:
    """Put the frames of an answer into the outbox, and close it with the error that ended them early."""
    try:
        async with place, aclosing(answer):
            async for chunk in answer:
                if chunk.usage is None or with_usage:
                    await outbox.put(chunk.encode(with_usage=with_usage))
        outbox.close()
    except Exception as error:
        outbox.close(translate(error))
