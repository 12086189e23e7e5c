"""The end of a request: one line in the log and one count in the metrics, whatever became of it."""

from __future__ import annotations

import logging

from cmappy.server.metrics import Metrics
from cmappy.server.trace import Trace

log = logging.getLogger("cmappy.request")


class Journal:
    """Where requests are entered when they end."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def end(self, trace: Trace, status: int) -> None:
        """Enter a request; once it is there, it stays as it was entered first."""
        if trace.ended:
            return
        trace.ended = True
        self._metrics.count(trace, status)
        if not log.isEnabledFor(logging.INFO):
            return
        record = trace.record(status)
        log.info(" ".join(f"{name}={_shown(value)}" for name, value in record.items()), extra={"request": record})


def _shown(value: str | float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value) or "-"
