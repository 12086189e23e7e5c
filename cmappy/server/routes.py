"""The endpoints: each validates, calls the pure parts, and sends."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any
from urllib.parse import unquote

from sanic import HTTPResponse, Request
from sanic.response import json

from cmappy import __version__
from cmappy.backends import Backend
from cmappy.events import RateLimit
from cmappy.openai import chat, fields
from cmappy.openai.models import model_list, model_object
from cmappy.server.stream import chunks, send_stream, send_whole
from cmappy.settings import Settings
from cmappy.translate.models import ids, resolve
from cmappy.translate.reply import Reply
from cmappy.translate.request import to_turn

log = logging.getLogger("cmappy")


def _plan(limit: RateLimit | None) -> dict[str, Any] | None:
    """Return what is known of the subscription's limits; `resets_at` is in Unix seconds, `utilization` from 0 to 1."""
    return limit.model_dump() if limit else None


class Routes:
    """The handlers, with what they need: the settings and the backend."""

    def __init__(self, settings: Settings, backend: Backend) -> None:
        self._settings = settings
        self._backend = backend
        self._told: set[str] = set()

    async def index(self, request: Request) -> HTTPResponse:
        """Answer `GET /` and `GET /v1`: what this is and where to go."""
        return json({"name": "cmappy", "version": __version__, "endpoints": ["/v1/chat/completions", "/v1/models"]})

    async def health(self, request: Request) -> HTTPResponse:
        """Answer `GET /health`: whether the CLI can be used, and which one it is."""
        status = await self._backend.status()
        return json(
            {
                "status": "ok",
                "provider": status.provider,
                "timestamp": int(time.time()),
                "versions": {"cmappy": __version__, "cli": status.cli_version},
                "login": status.login,
                "plan": _plan(status.plan),
            }
        )

    async def models(self, request: Request) -> HTTPResponse:
        """Answer `GET /v1/models`."""
        return json(model_list(ids((await self._backend.status()).models)))

    async def model(self, request: Request, id: str) -> HTTPResponse:
        """Answer `GET /v1/models/{id}`, for every id that a chat request may name."""
        name = unquote(id.rstrip("/"))
        if not name:  # the router takes /v1/models/ for the path to a model without a name
            return await self.models(request)
        resolve(name, (await self._backend.status()).models, self._settings.model_map)
        return json(model_object(name))

    async def capabilities(self, request: Request) -> HTTPResponse:
        """Answer `GET /v1/capabilities`: what becomes of every request field."""
        return json(fields.capabilities())

    async def complete(self, request: Request) -> HTTPResponse | None:
        """Answer `POST /v1/chat/completions`."""
        asked = chat.read(request.json)
        model = resolve(asked.model, (await self._backend.status()).models, self._settings.model_map)
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
            legacy=bool(asked.functions),
            reasoning=self._settings.reasoning,
        )
        headers = self._say_ignored(asked)
        answer = chunks(self._backend, turn, reply, request.ctx.trace)
        if not asked.stream:
            return await send_whole(answer, headers, self._settings.total_timeout)
        await send_stream(
            request,
            answer,
            headers,
            limit=self._settings.total_timeout,
            with_usage=asked.stream_options.include_usage,
            ping=self._settings.ping,
        )
        return None

    def _say_ignored(self, asked: chat.ChatRequest) -> dict[str, Any]:
        """Return the header that names the fields without effect; each name is logged once."""
        names = [
            name
            for name in fields.ignored(asked, forward_sampling=self._settings.forward_sampling)
            if name.isascii() and name.isprintable()
        ]
        for name in set(names) - self._told:
            log.info("the request field `%s` is accepted and has no effect", name[:64])
        self._told.update(names)
        return {"x-cmappy-ignored": ", ".join(names)[:1000]} if names else {}
