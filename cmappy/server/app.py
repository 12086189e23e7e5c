"""Builds the Sanic application; nothing exists before it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import orjson
from sanic import HTTPResponse, Sanic
from sanic.config import Config
from sanic.response import BaseHTTPResponse

from cmappy.backends import Backend
from cmappy.errors import TooLarge
from cmappy.faces import FACES
from cmappy.faces.face import Endpoint, Face
from cmappy.server.answers import Answers
from cmappy.server.connection import BUFFER, Budget
from cmappy.server.errors import FaceErrors
from cmappy.server.guard import Guard
from cmappy.server.history.history import History
from cmappy.server.limiter import Limiter
from cmappy.server.log import report
from cmappy.server.metrics import Metrics
from cmappy.server.page.live import Live
from cmappy.server.request import ClientRequest
from cmappy.server.requests import Requests
from cmappy.server.routes import Routes
from cmappy.server.trace import LEFT
from cmappy.settings import Settings

_HEADER = 1 << 14  # bytes; Sanic reads no more
_HEADERS = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}
App = Sanic[Config, SimpleNamespace]


def create_app(settings: Settings, backend: Backend, name: str = "cmappy", history: History | None = None) -> App:
    """Return the application that answers with the given backend, which it closes when it stops, as the history."""
    history = history or History()
    config = Config(env_prefix=None)
    config.REQUEST_MAX_SIZE = settings.max_body
    config.REQUEST_BUFFER_SIZE = BUFFER
    config.REQUEST_MAX_HEADER_SIZE = _HEADER
    config.RESPONSE_TIMEOUT = int(settings.queue_timeout + settings.total_timeout) + 60  # ours come first
    app: App = Sanic(
        name,
        config=config,
        error_handler=FaceErrors(),
        request_class=ClientRequest,
        configure_logging=False,
        dumps=orjson.dumps,
        loads=orjson.loads,
    )
    limiter = Limiter(
        max_running=settings.max_concurrency, max_waiting=settings.queue, wait_timeout=settings.queue_timeout
    )
    metrics = Metrics(limiter)
    app.ctx.limiter = limiter
    app.ctx.stopping = False  # set by who serves it
    app.ctx.budget = Budget(max(settings.max_body, settings.max_body_memory))
    app.ctx.requests = Requests(metrics.count, history.count, report)
    app.ctx.guard = Guard(
        settings.host,
        hosts=settings.allow_host,
        origins=settings.allow_origin,
        keys=settings.api_keys(),
        page=settings.page,
    )
    routes = Routes(settings, backend, metrics, history)
    answers = Answers(settings, backend, limiter)
    get = ["GET", "HEAD"]
    app.add_route(routes.root if settings.page else routes.index, "/", get, name="root")
    app.add_route(routes.index, "/v1", get, name="index")
    app.add_route(routes.health, "/health", get)
    app.add_route(routes.health, "/v1/health", get, name="health_v1")
    app.add_route(routes.metrics, "/metrics", get)
    app.add_route(routes.usage, "/usage", get)
    if settings.page:
        live = Live(settings, backend, limiter, app.ctx.requests, history)
        app.add_route(live.stream, "/live", ["GET"])
        app.register_listener(lambda _: live.close(), "before_server_stop")
    for at, prefix in enumerate(("/v1", "")):
        app.add_route(routes.models, f"{prefix}/models", get, name=f"models_{at}")
        app.add_route(routes.model, f"{prefix}/models/<id:path>", get, name=f"model_{at}")
        app.add_route(routes.capabilities, f"{prefix}/capabilities", get, name=f"capabilities_{at}")
        for face in FACES:
            name = f"{face.name}_{at}"
            app.add_route(_answer(answers, face), f"{prefix}{face.path}", ["POST"], name=name, ctx_face=face.name)
            for number, endpoint in enumerate(face.endpoints):
                methods = get if endpoint.method == "GET" else [endpoint.method]
                name = f"{face.name}_{number}_{at}"
                app.add_route(_visit(answers, endpoint), f"{prefix}{endpoint.path}", methods, name=name)
    app.register_middleware(_admit, "request")
    app.register_middleware(_finish, "response")
    app.register_listener(lambda _: backend.start(), "after_server_start")
    app.register_listener(lambda _: backend.close(), "after_server_stop")
    app.register_listener(lambda _: answers.close(), "after_server_stop")
    app.register_listener(lambda _: history.close(), "after_server_stop")
    return app


def _answer(answers: Answers, face: Face[Any]) -> Callable[..., Coroutine[Any, Any, HTTPResponse | None]]:
    async def handle(request: ClientRequest) -> HTTPResponse | None:
        return await answers.answer(request, face)

    return handle


def _visit(answers: Answers, endpoint: Endpoint) -> Callable[..., Coroutine[Any, Any, HTTPResponse]]:
    async def handle(request: ClientRequest, **args: str) -> HTTPResponse:
        return await answers.visit(request, endpoint, args)

    return handle


async def _admit(request: ClientRequest) -> HTTPResponse | None:
    """Reject unauthorised requests and answer preflights; unreadable requests fall through to the error handler."""
    if not request.readable:
        return None
    await asyncio.sleep(0)  # a connection full of requests must not keep all others waiting
    if request.route:
        request.trace.endpoint = f"/{request.route.path}"
        if face := getattr(request.route.ctx, "face", ""):
            request.trace.face = face
            request.app.ctx.requests.begin(request.trace)
    request.admit()
    preflight = request.app.ctx.guard.preflight(request.method, request.headers)
    return None if preflight is None else HTTPResponse(status=204, headers=preflight)


async def _finish(request: ClientRequest, response: BaseHTTPResponse) -> None:
    """Name the request in its response; this is the end of it unless it streams."""
    response.headers.update(_HEADERS | request.trace.headers() | request.app.ctx.guard.cors(request.headers))
    if not request.readable or request.unread or response.status == TooLarge.status:
        request.close()
    if not request.trace.streamed and (request.readable or response.status != LEFT):
        request.app.ctx.requests.end(request.trace, response.status)
