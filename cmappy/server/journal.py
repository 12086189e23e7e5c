"""The end of a request: one line in the log and one count in the metrics, whatever became of it."""

from __future__ import annotations

import json
import logging
import re

from cmappy.server.metrics import Metrics
from cmappy.server.trace import Trace

_LONGEST = 200  # characters of one value
_WORD = re.compile(r"[\w./:<>@+\[\]-]+", re.ASCII)

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
        record = {
            name: value[:_LONGEST] if isinstance(value, str) else value for name, value in trace.record(status).items()
        }
        log.info(" ".join(f"{name}={_shown(value)}" for name, value in record.items()), extra={"request": record})


def _shown(value: str | float) -> str:
    """Return a value as one word, quoted if it would be taken for more."""
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value) or "-"
    return text if _WORD.fullmatch(text) else json.dumps(text)
