"""Live data for open pages: one stream of server-sent events, for which nothing is computed while nobody reads it.

    event: state      the server, the CLI, the plan, processes, models and what was used today, whenever it changes
    event: requests   the requests that have changed since the last one; `whole` says that they are all there are
    event: stopping   the server is being stopped; the last one

Nothing is queued for a reader. Each remembers up to which change it was told, and gets what has changed since, however
much that is: a slow one simply gets less often what the last of several changes has left.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context

import orjson

from cmappy import __version__
from cmappy.backends import Backend
from cmappy.errors import Busy, CmappyError
from cmappy.server.history.counts import today
from cmappy.server.history.history import History, midnight
from cmappy.server.limiter import Limiter
from cmappy.server.page import view
from cmappy.server.request import ClientRequest
from cmappy.server.requests import Requests
from cmappy.server.sender import Sender
from cmappy.server.trace import Trace
from cmappy.settings import Settings
from cmappy.status import Status

_PAUSE = 0.25  # seconds between two looks at what has changed
_LONG_PAUSE = 5.0  # seconds after which processes and plan are looked at, even if no request has changed
_STATUS_PATIENCE = 1.0  # seconds
_MOST = 100  # readers
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Live:
    """Tells readers what changes."""

    def __init__(
        self, settings: Settings, backend: Backend, limiter: Limiter, requests: Requests, history: History
    ) -> None:
        self._settings, self._backend, self._limiter = settings, backend, limiter
        self._requests, self._history = requests, history
        self._keyed = bool(settings.api_keys())
        self._started = time.time()
        self._readers = 0
        self._closed = False
        self._looking: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = _nothing
        self._changed, self._news = asyncio.Event(), asyncio.Event()
        self._now = 0  # the number of the last look
        self._changes: dict[str, int] = {}  # the look at which a request was seen to have changed
        self._fresh: set[str] = set()  # the requests that have changed since the last look
        self._state, self._state_at = b"", 0
        self._frames: dict[int, bytes] = {}

    async def stream(self, request: ClientRequest) -> None:
        """Answer `GET /live` until the reader leaves or the server stops."""
        if self._readers >= _MOST:
            raise Busy(f"{_MOST} pages are open, and no more can be.", retry_after=_LONG_PAUSE)
        self._enter()
        told = 0
        try:
            request.trace.streamed = True
            response = await request.respond(headers=_HEADERS, content_type="text/event-stream; charset=utf-8")
            sender = Sender(request, response, self._settings.stall_timeout)
            await sender.send(b": cmappy\n\n")
            while not self._closed:
                news = self._news
                if told < self._now:
                    frame, told = self._frame(told), self._now
                    if frame:
                        await sender.send(frame)
                    continue
                try:
                    async with asyncio.timeout(self._settings.ping):
                        await news.wait()
                except TimeoutError:
                    await sender.send(b": ping\n\n")
            await sender.send(_event("stopping", {}))
            await response.eof()
        finally:
            self._leave()
            request.app.ctx.requests.end(request.trace, 200)

    async def close(self) -> None:
        """End all streams, and take no more readers."""
        self._closed = True
        self._news.set()
        await self._stop()

    def _enter(self) -> None:
        self._readers += 1
        if self._readers == 1 and not self._closed:
            self._unsubscribe = self._requests.subscribe(self._note)
            self._changes.clear()
            self._now += 1
            self._changes |= {trace.id: self._now for trace in self._requests.recent()}
            self._state, self._state_at = b"", 0
            self._frames.clear()
            self._looking = asyncio.create_task(self._look(), context=Context())
        self._changed.set()

    def _leave(self) -> None:
        self._readers -= 1
        if not self._readers and self._looking:
            self._unsubscribe()
            self._looking.cancel()
            self._looking = None

    async def _stop(self) -> None:
        looking, self._looking = self._looking, None
        if looking:
            self._unsubscribe()
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    def _note(self, trace: Trace) -> None:
        """Remember that a request has changed; called for each change of each request while there are readers."""
        self._fresh.add(trace.id)
        self._changed.set()

    async def _look(self) -> None:
        """Look at what has changed, as often as it changes but not more often than useful, and wake the readers."""
        while True:
            self._changed.clear()
            state = await self._look_at_state()
            fresh, self._fresh = self._fresh, set()
            if state != self._state or fresh or not self._state_at:
                self._now += 1
                self._changes |= dict.fromkeys(fresh, self._now)
                if state != self._state:
                    self._state, self._state_at = state, self._now
                self._frames.clear()
                news, self._news = self._news, asyncio.Event()
                news.set()
            await asyncio.sleep(_PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LONG_PAUSE):
                    await self._changed.wait()

    def _frame(self, told: int) -> bytes:
        """Return the events that a reader lacks who was told all up to a look; readers that lack the same share it."""
        if told in self._frames:
            return self._frames[told]
        recent = self._requests.recent()
        self._changes = {trace.id: self._changes.get(trace.id, self._now) for trace in recent}
        changed = [view.request(trace) for trace in recent if self._changes[trace.id] > told]
        frame = b""
        if self._state_at > told:
            frame += b'event: state\ndata: {"now":%d,' % time.time() + self._state[1:] + b"\n\n"
        if changed or not told:
            frame += _event("requests", {"whole": not told, "requests": changed})
        self._frames[told] = frame
        return frame

    async def _look_at_state(self) -> bytes:
        """Return all but the requests, as JSON."""
        status: Status | None = None
        problem = ""
        try:
            async with asyncio.timeout(_STATUS_PATIENCE):
                status = await self._backend.status(closely=True)
        except CmappyError as error:
            problem = error.message
        except TimeoutError:
            problem = "The Claude Code CLI has not answered yet."
        chosen = self._settings
        return orjson.dumps(
            {
                "server": {
                    "version": __version__,
                    "started": round(self._started),
                    "keyed": self._keyed,
                    "recordings": _recordings(chosen),
                },
                "cli": view.cli(status, problem),
                "limits": {
                    "running": self._limiter.running,
                    "waiting": self._limiter.waiting,
                    "max_running": chosen.max_concurrency,
                    "max_waiting": chosen.queue,
                },
                "plan": view.plan(status),
                "processes": view.processes(status),
                "models": view.models(status),
                "today": view.used(today(self._history.hours(), midnight(self._history.now))),
            }
        )


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


def _recordings(chosen: Settings) -> str:
    if chosen.replay:
        return "missing" if chosen.record_missing else "replay"
    return "record" if chosen.record else ""


def _nothing() -> None:
    """Unsubscribe from nothing."""
