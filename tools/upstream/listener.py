"""A Sanic application on a loopback socket of its own, in the loop of whoever starts it; any number in one process."""

import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from sanic import Config, Sanic

Handler = Callable[..., Coroutine[Any, Any, None]]

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_BODY_LIMIT = 200_000_000  # bytes
_NEVER = 1_000_000_000  # seconds; a script or a client ends a silence here, never the clock
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Listener:
    """One application that hands every request to one handler."""

    url: str
    _app: Sanic[Config, Any]
    _server: Any  # Sanic's AsyncioServer, whose methods have no types

    @classmethod
    async def start(cls, handler: Handler, port: int) -> Self:
        """Listen on that port of 127.0.0.1, or on a free one if it is 0; an OSError tells that it is taken."""
        listening = socket.create_server(("127.0.0.1", port))
        app = _create_app(handler)
        server: Any = await app.create_server(
            sock=listening, return_asyncio_server=True, asyncio_server_kwargs={"start_serving": False}
        )
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return cls(f"http://127.0.0.1:{listening.getsockname()[1]}", app, server)

    async def stop(self) -> None:
        """Close the port and abort the connections that are left, whose handlers are cancelled by that."""
        closed = self._server.close()
        for connection in list(self._server.connections):
            connection.transport.abort()
        await closed
        await self._server.after_stop()
        Sanic.unregister_app(self._app)


def _create_app(handler: Handler) -> Sanic[Config, Any]:
    config = Config(env_prefix=None)
    config.MOTD = False
    config.REQUEST_MAX_SIZE = _BODY_LIMIT
    # A buffer that fills up makes Sanic stop reading, and then it never notices that the client left.
    config.REQUEST_BUFFER_SIZE = _BODY_LIMIT + 1
    config.REQUEST_TIMEOUT = config.RESPONSE_TIMEOUT = config.KEEP_ALIVE_TIMEOUT = _NEVER
    # The rewriting of Sanic's own classes at start-up works once in a process; a second application would break on it.
    config.TOUCHUP = False
    app: Sanic[Config, Any] = Sanic(f"upstream-{next(_numbers)}", config=config, configure_logging=False)
    app.add_route(handler, "/", methods=_METHODS, name="root")
    app.add_route(handler, "/<path:path>", methods=_METHODS, name="any")
    return app
