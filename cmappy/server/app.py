"""Builds the Sanic application; nothing exists before it is called."""

from __future__ import annotations

import secrets
from types import SimpleNamespace

import orjson
from sanic import Request, Sanic
from sanic.config import Config
from sanic.response import BaseHTTPResponse

from cmappy.backends import Backend
from cmappy.server.errors import OpenAIErrors
from cmappy.server.routes import Routes
from cmappy.server.trace import Trace
from cmappy.settings import Settings

App = Sanic[Config, SimpleNamespace]


def create_app(settings: Settings, backend: Backend, name: str = "cmappy") -> App:
    """Return the application that answers with the given backend, which it closes when it stops."""
    config = Config(env_prefix=None)
    config.REQUEST_MAX_SIZE = settings.max_body
    # With a smaller buffer Sanic stops reading a large body, and then never notices that the client has left.
    config.REQUEST_BUFFER_SIZE = settings.max_body + (1 << 16)
    config.RESPONSE_TIMEOUT = int(settings.total_timeout) + 60  # ours comes first
    config.GRACEFUL_SHUTDOWN_TIMEOUT = 5
    app: App = Sanic(
        name,
        config=config,
        error_handler=OpenAIErrors(),
        configure_logging=False,
        dumps=orjson.dumps,
        loads=orjson.loads,
    )
    routes = Routes(settings, backend)
    get = ["GET", "HEAD"]
    app.add_route(routes.index, "/", get, name="root")
    app.add_route(routes.index, "/v1", get, name="index")
    app.add_route(routes.health, "/health", get)
    app.add_route(routes.health, "/v1/health", get, name="health_v1")
    for at, prefix in enumerate(("/v1", "")):
        app.add_route(routes.models, f"{prefix}/models", get, name=f"models_{at}")
        app.add_route(routes.model, f"{prefix}/models/<id:path>", get, name=f"model_{at}")
        app.add_route(routes.capabilities, f"{prefix}/capabilities", get, name=f"capabilities_{at}")
        app.add_route(routes.complete, f"{prefix}/chat/completions", ["POST"], name=f"chat_{at}")
    app.register_middleware(_name, "request")
    app.register_middleware(_show_name, "response")
    app.register_listener(lambda _: backend.start(), "after_server_start")
    app.register_listener(lambda _: backend.close(), "after_server_stop")
    return app


async def _name(request: Request) -> None:
    request.ctx.trace = Trace(f"req_{secrets.token_hex(12)}")


async def _show_name(request: Request, response: BaseHTTPResponse) -> None:
    response.headers.update(request.ctx.trace.headers())
