"""Serves an application on a socket, for as long as a block lasts.

Sanic's own runner is not used: a signal in its first or last moments ends it with a traceback, or leaves children.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from sanic.application.state import ApplicationServerInfo
from sanic.http.constants import HTTP
from sanic.server import try_use_uvloop as try_use_uvloop  # for who starts the event loop

from cmappy.server.app import App
from cmappy.server.connection import Connection
from cmappy.server.sockets import BACKLOG

_PAUSE = 0.05  # seconds
_LAST_WORDS = 1.0  # seconds; to send an error


@asynccontextmanager
async def serving(
    app: App, *listeners: socket.socket, drain: float, delay: float = 0, hurry: asyncio.Event | None = None
) -> AsyncIterator[None]:
    """Answer on listening sockets inside the block; answers under way after it get `drain` seconds to end.

    Before that, everything goes on for `delay` seconds, but `/health` says 503. `hurry` ends both. Whoever still waits
    for an answer then is told that the server is being stopped.
    """
    servers: list[Any] = [  # their class is untyped
        await app.create_server(
            sock=listener,
            protocol=Connection,
            backlog=BACKLOG,
            return_asyncio_server=True,
            access_log=False,
            asyncio_server_kwargs={"start_serving": False},  # no request before the application is ready for it
        )
        for listener in listeners
    ]
    server, hurry = servers[0], hurry or asyncio.Event()
    # Sanic looks here for versions of HTTP, and where it finds none it sends an empty `alt-svc` header.
    app.state.server_info.append(ApplicationServerInfo(settings={"version": HTTP.VERSION_1}))
    await server.startup()
    await server.before_start()
    try:
        for each in servers:
            await each.start_serving()
        await server.after_start()
        yield
    finally:
        app.ctx.stopping = True
        _end_cancellation()
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await hurry.wait()
        await server.before_stop()
        for each in servers:
            each.close()
        await _drain(servers, drain, hurry)
        app.ctx.limiter.stop()
        await _drain(servers, _LAST_WORDS, asyncio.Event())
        for connection in _connections(servers):
            connection.abort()
        await server.after_stop()


def _end_cancellation() -> None:
    """Have time limits work again in a task that was cancelled: until Python 3.11.3 they cancel it once more."""
    task = asyncio.current_task()
    while task and task.cancelling():
        task.uncancel()


async def _drain(servers: list[Any], seconds: float, hurry: asyncio.Event) -> None:
    """Close every connection as it falls idle, for some seconds or until `hurry`."""
    for _ in range(round(seconds / _PAUSE)):
        busy = [connection for connection in _connections(servers) if not connection.close_if_idle()]
        if not busy or hurry.is_set():
            break
        await asyncio.sleep(_PAUSE)  # Sanic tells nobody when a connection falls idle


def _connections(servers: list[Any]) -> list[Any]:
    return [connection for server in servers for connection in server.connections]
