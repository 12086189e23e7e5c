"""The endpoints: each validates, calls the pure parts, and sends."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from sanic import HTTPResponse
from sanic.response import json, raw

from cmappy import __version__
from cmappy.backends import Backend
from cmappy.errors import BillingRefused, CmappyError
from cmappy.events import RateLimit
from cmappy.openai import chat, fields
from cmappy.openai.models import model_list, model_object
from cmappy.server import limits, plan
from cmappy.server.metrics import CONTENT_TYPE, Metrics
from cmappy.server.queue import Queue
from cmappy.server.request import ClientRequest
from cmappy.server.stream import Manner, chunks, send_stream, send_whole
from cmappy.settings import Settings
from cmappy.translate.models import ids, resolve
from cmappy.translate.reply import Reply
from cmappy.translate.request import to_turn
from cmappy.translate.tools import names

log = logging.getLogger("cmappy")

_STATUS_PATIENCE = 1.0  # seconds


def _plan(limit: RateLimit | None) -> dict[str, Any] | None:
    """Return what is known of the subscription's limits; `resets_at` is in Unix seconds, `utilization` from 0 to 1."""
    return limit.model_dump() if limit else None


class Routes:
    """The handlers, with what they need."""

    def __init__(self, settings: Settings, backend: Backend, queue: Queue, metrics: Metrics) -> None:
        self._settings = settings
        self._backend = backend
        self._queue = queue
        self._metrics = metrics
        self._told: set[str] = set()

    async def index(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /` and `GET /v1`: what this is and where to go."""
        return json({"name": "cmappy", "version": __version__, "endpoints": ["/v1/chat/completions", "/v1/models"]})

    async def health(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /health`: whether the CLI can be used, and which one it is.

        Without one of the server's keys, if it has some, only that the server runs.
        """
        if not request.client.known:
            return json({"status": "ok"})
        status = await self._backend.status()
        return json(
            {
                "status": "ok",
                "provider": status.provider,
                "timestamp": int(time.time()),
                "versions": {"cmappy": __version__, "cli": status.cli_version},
                "login": status.login,
                "billing": status.billing,
                "plan": _plan(status.plan),
            }
        )

    async def models(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /v1/models`."""
        return json(model_list(ids((await self._backend.status()).models)))

    async def model(self, request: ClientRequest, id: str) -> HTTPResponse:
        """Answer `GET /v1/models/{id}`, for every id that a chat request may name."""
        name = unquote(id.rstrip("/"))
        if not name:  # the router takes /v1/models/ for the path to a model without a name
            return await self.models(request)
        resolve(name, (await self._backend.status()).models, self._settings.model_map)
        return json(model_object(name))

    async def capabilities(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /v1/capabilities`: what becomes of every request field."""
        return json(fields.capabilities())

    async def metrics(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /metrics` for Prometheus, soon, even if the CLI cannot be asked."""
        status = None
        with suppress(CmappyError, TimeoutError):
            async with asyncio.timeout(_STATUS_PATIENCE):
                status = await self._backend.status()
        return raw(self._metrics.render(status), content_type=CONTENT_TYPE)

    async def complete(self, request: ClientRequest) -> HTTPResponse | None:
        """Answer `POST /v1/chat/completions`."""
        most = self._settings
        asked = chat.read(limits.check(request.json, messages=most.max_messages, parts=most.max_parts))
        status = await self._backend.status()
        if status.billing == "api_key" and not self._settings.allow_api_key:
            raise BillingRefused
        model = resolve(asked.model, status.models, self._settings.model_map)
        turn = to_turn(
            asked,
            model,
            url_images=self._settings.allow_url_images,
            forward_sampling=self._settings.forward_sampling,
        )
        reply = Reply(
            id=f"chatcmpl-{secrets.token_hex(16)}",
            created=int(time.time()),
            stop=turn.stop,
            schema=turn.schema,
            names=names(asked),
            legacy=bool(asked.functions),
            reasoning=self._settings.reasoning,
        )
        headers = plan.headers(status.plan, time.time()) | self._say_ignored(asked)
        with self._queue.admit():
            answer = chunks(self._backend, turn, reply, request.trace, request.client.owner)
            place = self._queue.place(self._settings.total_timeout)
            if not asked.stream:
                return await send_whole(answer, headers, place)
            manner = Manner(asked.stream_options.include_usage, most.ping, most.max_unread, most.stall_timeout)
            await send_stream(request, answer, headers, place, manner)
            return None

    def _say_ignored(self, asked: chat.ChatRequest) -> dict[str, Any]:
        """Return the header that names the fields without effect; each of OpenAI's own is logged once."""
        told = [
            name
            for name in fields.ignored(asked, forward_sampling=self._settings.forward_sampling)
            if name.isascii() and name.isprintable()
        ]
        for name in fields.NAMES.intersection(told) - self._told:
            log.info("the request field `%s` is accepted and has no effect", name)
            self._told.add(name)
        return {"x-cmappy-ignored": ", ".join(told)[:1000]} if told else {}
