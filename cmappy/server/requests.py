"""The requests of this server, the running ones and the last that ended: what log, metrics and page are made from.

A trace holds no content, no key and no owner, so whoever may see this page of the server may see all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from cmappy.server.trace import Trace

Listener = Callable[[Trace], None]  # called often: it must neither raise nor take its time


class Requests:
    """Remembers the last requests to faces; each of `reports` is called once with every request that has ended."""

    def __init__(self, *reports: Listener, kept: int = 100) -> None:
        self._reports = reports
        self._recent: deque[Trace] = deque(maxlen=kept)
        self._listeners: tuple[Listener, ...] = ()

    def recent(self) -> list[Trace]:
        """Return the last requests to faces, the newest first; those that still run have the status 0."""
        return list(reversed(self._recent))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have a listener called when a request to a face begins, changes or ends; return what unsubscribes it."""
        self._listeners += (listener,)

        def unsubscribe() -> None:
            self._listeners = tuple(each for each in self._listeners if each is not listener)

        return unsubscribe

    def begin(self, trace: Trace) -> None:
        """Remember a request to a face."""
        self._recent.append(trace)
        trace.changed = self._notify
        self._notify(trace)

    def end(self, trace: Trace, status: int) -> None:
        """Report a request with the status of its response; only the first call counts."""
        if trace.status:
            return
        trace.finish(status)
        for report in self._reports:
            report(trace)

    def _notify(self, trace: Trace) -> None:
        for listener in self._listeners:
            listener(trace)
