"""The one handler of all faces: a request is read, becomes a turn, and is answered."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote

from sanic import HTTPResponse
from sanic.response import json

from cmappy.backends import Backend
from cmappy.errors import BillingRefused, ModelNotFound
from cmappy.faces.face import Asked, Caller, Endpoint, Face, Options, Visit
from cmappy.faces.store import Store
from cmappy.middle.models import resolve
from cmappy.recording import faults
from cmappy.server import limits, plan
from cmappy.server.limiter import Limiter
from cmappy.server.request import ClientRequest
from cmappy.server.stream import Streaming, send_stream, send_whole
from cmappy.settings import Settings
from cmappy.status import Status
from cmappy.turn import Turn

P = ParamSpec("P")
T = TypeVar("T")

_LARGE = 1 << 16  # bytes that are worth a change of threads

log = logging.getLogger("cmappy")


class Answers:
    """Answers requests to faces, with what all of them share."""

    def __init__(self, settings: Settings, backend: Backend, limiter: Limiter) -> None:
        self._settings = settings
        self._backend = backend
        self._limiter = limiter
        self._options = Options(
            url_images=settings.allow_url_images,
            server_tools=settings.allow_server_tools,
            forward_sampling=settings.forward_sampling,
            reasoning=settings.reasoning,
        )
        self._most = {"messages": settings.max_messages, "parts": settings.max_parts}
        self._store = Store(settings.store_bytes, settings.store_age, time.monotonic)
        self._thread = ThreadPoolExecutor(1, "reader")
        self._logged: set[tuple[str, str]] = set()

    async def answer(self, request: ClientRequest, face: Face[Any]) -> HTTPResponse | None:
        """Answer a request to a face's own URL."""
        settings = self._settings
        asked = await self._aside(request, self._read, request, face)
        status = await self._backend.status()
        if status.billing == "api_key" and not settings.allow_api_key:
            raise BillingRefused
        scenario = faults.wanted(request.headers.get("x-cmappy-scenario"), asked.request.model, status)
        model = scenario or self._model(asked.request.model, status)
        request.trace.model = model
        turn = await self._aside(request, self._turn, asked, model)
        reply = asked.reply(turn, token=secrets.token_hex(16), created=int(time.time()))
        now = time.time()
        headers = plan.headers(status.plan, now) | face.headers(status.plan, now, request.trace.id)
        headers |= self._ignored(face, asked)
        with self._limiter.admit():
            events = self._backend.answer(turn, request.client.owner)
            slot = self._limiter.slot(settings.total_timeout)
            if not asked.request.stream:
                return await send_whole(events, reply, request.trace, slot, headers)
            how = Streaming(face.ping, settings.ping, settings.max_unread, settings.stall_timeout, face.eager)
            await send_stream(request, events, reply, slot, headers, how)
            return None

    def _model(self, requested: str, status: Status) -> str:
        """Return the model to ask the backend for; raises ModelNotFound."""
        try:
            return resolve(requested, status.models, {**status.names, **self._settings.model_map})
        except ModelNotFound:
            if status.any_model and requested.isprintable():
                return requested
            raise

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _read(self, request: ClientRequest, face: Face[Any]) -> Asked:
        body = limits.check(request.json, **self._most)
        return face.read(body, self._options, self._caller(request))

    def _turn(self, asked: Asked, model: str) -> Turn:
        return limits.check_turn(asked.turn(model), **self._most)

    async def _aside(self, request: ClientRequest, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Return what a pure function returns, or raise what it raises; large requests keep nobody else waiting.

        A small one may refer to much that is kept for its client. Python's threads take turns every few milliseconds.
        There is one thread, because several would take their turns before the event loop gets one.
        """
        if len(request.body) + self._store.shelf(request.client.owner).size < _LARGE:
            return work(*args, **named)
        call = functools.partial(work, *args, **named)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def visit(self, request: ClientRequest, endpoint: Endpoint, args: dict[str, str]) -> HTTPResponse:
        """Answer a request to one of a face's further URLs."""
        named = {name: unquote(value) for name, value in args.items()}
        query = {name: request.args.getlist(name) for name in request.args}
        body = request.json if request.body else None
        return json(endpoint.answer(Visit(self._caller(request), named, query, body)))

    def _caller(self, request: ClientRequest) -> Caller:
        owner = request.client.owner
        return Caller(owner, dict(request.headers), self._store.shelf(owner), time.time)

    def _ignored(self, face: Face[Any], asked: Asked) -> dict[str, Any]:
        """Return the header that names the fields without effect; each of the API's own is logged once."""
        ignored = [name for name in asked.ignored() if name.isascii() and name.isprintable()]
        for name in sorted({field.name for field in face.fields}.intersection(ignored)):
            if (face.name, name) not in self._logged:
                log.info("the request field `%s` is accepted and has no effect", name)
                self._logged.add((face.name, name))
        return {"x-cmappy-ignored": ", ".join(ignored)[:1000]} if ignored else {}
