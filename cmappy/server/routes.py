"""The endpoints that belong to no face: what this server is, how it is, and which models it offers."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from sanic import HTTPResponse
from sanic.response import json, raw

from cmappy import __version__
from cmappy.backends import Backend
from cmappy.errors import CmappyError
from cmappy.faces import FACES
from cmappy.faces.fields import capabilities
from cmappy.faces.models import model_list, model_object
from cmappy.middle.models import resolve
from cmappy.recording.faults import NAMES
from cmappy.server.history.counts import report
from cmappy.server.history.history import History, midnight
from cmappy.server.metrics import CONTENT_TYPE, Metrics
from cmappy.server.page.accept import wants_page
from cmappy.server.page.document import Document
from cmappy.server.request import ClientRequest
from cmappy.settings import Settings

_STATUS_PATIENCE = 1.0  # seconds


class Routes:
    """The handlers, with what they need."""

    def __init__(self, settings: Settings, backend: Backend, metrics: Metrics, history: History) -> None:
        self._settings = settings
        self._backend = backend
        self._metrics = metrics
        self._history = history
        self._document = Document()

    async def root(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /`: with the page for a browser, as `index` for a program."""
        if wants_page(request.method, request.path, request.headers.get("accept", "")):
            return self._document.respond()
        return await self.index(request)

    async def usage(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /usage`: what was used in each hour of the last week."""
        await self._history.update()
        told = report(self._history.hours(), midnight(self._history.now))
        return json(told | {"kept": self._history.kept}, headers={"cache-control": "no-store"})

    async def index(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /` and `GET /v1`: what this is and where to go."""
        return json(
            {
                "name": "cmappy",
                "version": __version__,
                "endpoints": [*(f"/v1{face.path}" for face in FACES), "/v1/models"],
            }
        )

    async def health(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /health`: whether the CLI can be used, and which one it is.

        Without one of the server's keys, if it has some, only that the server runs.
        """
        if request.app.ctx.stopping:
            return json({"status": "stopping"}, status=503)
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
                "rewinding": status.rewinding or None,
                "plan": asdict(status.plan) if status.plan else None,
                "recordings": self._recordings(),
            }
        )

    def _recordings(self) -> dict[str, str] | None:
        """Return which recordings are used: `mode` tells what is recorded (`none`, `missing`, `rewrite`)."""
        if self._settings.replay:
            mode = "missing" if self._settings.record_missing else "none"
            return {"mode": mode, "folder": str(self._settings.replay)}
        return {"mode": "rewrite", "folder": str(self._settings.record)} if self._settings.record else None

    async def models(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /v1/models`."""
        return json(model_list((await self._backend.status()).models))

    async def model(self, request: ClientRequest, id: str) -> HTTPResponse:
        """Answer `GET /v1/models/{id}`, for every id that a chat request may name."""
        name = unquote(id.rstrip("/"))
        if not name:  # the router takes /v1/models/ for the path to a model without a name
            return await self.models(request)
        status = await self._backend.status()
        resolve(name, status.models, {**status.names, **self._settings.model_map})
        return json(model_object(name, status.models))

    async def capabilities(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /v1/capabilities`: what becomes of every request field."""
        found: dict[str, Any] = {"object": "capabilities"} | {face.name: capabilities(face.fields) for face in FACES}
        if self._settings.replay and not self._settings.record_missing:
            found["scenarios"] = sorted(NAMES)
        return json(found)

    async def metrics(self, request: ClientRequest) -> HTTPResponse:
        """Answer `GET /metrics` for Prometheus, soon, even if the CLI cannot be asked."""
        status = None
        with suppress(CmappyError, TimeoutError):
            async with asyncio.timeout(_STATUS_PATIENCE):
                status = await self._backend.status()
        return raw(self._metrics.render(status), content_type=CONTENT_TYPE)
