"""Numbers for Prometheus: what `GET /metrics` shows."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from cmappy.server.limiter import Limiter
from cmappy.server.trace import Trace
from cmappy.status import Status

CONTENT_TYPE = CONTENT_TYPE_LATEST

_TOKENS = {
    "prompt": "prompt_tokens",
    "completion": "output_tokens",
    "cached": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
    "reasoning": "thinking_tokens",
}
_LABELS = 100  # different ones, of words that come from outside
_NAME = re.compile(r"[a-z0-9_]{1,64}")
_FIRST_TOKEN = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)  # seconds
_DURATION = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)  # seconds


class _Names:
    """The labels that are kept for words of the CLI, of the API or of recordings: a bounded number of plain ones."""

    def __init__(self) -> None:
        self._seen = {""}

    def known(self, name: str) -> str:
        """Return the name, or `other` if it is an odd one or one too many."""
        if name not in self._seen:
            if len(self._seen) > _LABELS or not _NAME.fullmatch(name):
                return "other"
            self._seen.add(name)
        return name


class Metrics:
    """The numbers of one server."""

    def __init__(self, limiter: Limiter) -> None:
        self._names = _Names()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = self._counter("requests", "Requests by their end", "endpoint", "status", "error")
        self._routes = self._counter("turns", "Answers by how the CLI was found", "route")
        about = "Tokens of complete answers; those read from and written to the prompt cache are prompt tokens too"
        self._tokens = self._counter("tokens", about, "kind", "route")
        self._first_token = Histogram(
            "cmappy_first_token_seconds", "Time to the first token", buckets=_FIRST_TOKEN, registry=self._registry
        )
        self._duration = Histogram(
            "cmappy_answer_seconds", "Time to the end of an answer", buckets=_DURATION, registry=self._registry
        )
        self._gauge("answers_running", "Answers that are being generated").set_function(lambda: limiter.running)
        self._gauge("requests_waiting", "Requests that wait for a slot").set_function(lambda: limiter.waiting)
        self._gauge("answers_unread", "Complete answers that clients still read").set_function(lambda: limiter.unread)
        self._processes = self._gauge("cli_processes", "Processes of the CLI")
        self._plan = self._gauge("plan_utilization_ratio", "How much of the plan is used up, from 0 to 1", "window")
        self._resets = self._gauge("plan_reset_timestamp_seconds", "When a limit of the plan is reset", "window")

    def count(self, trace: Trace) -> None:
        """Count a request that has ended."""
        self._requests.labels(trace.endpoint, trace.status, self._names.known(trace.error)).inc()
        if trace.route:
            self._routes.labels(self._names.known(trace.route)).inc()
            self._duration.observe(trace.total)
        if trace.first_token is not None:
            self._first_token.observe(trace.first_token - trace.started)
        if trace.usage:
            for kind, name in _TOKENS.items():
                if count := getattr(trace.usage, name):
                    self._tokens.labels(kind, self._names.known(trace.route)).inc(count)

    def render(self, status: Status | None) -> bytes:
        """Return all numbers in Prometheus' text format; without a status, those of the backend stay as they were."""
        if status:
            self._processes.set(status.processes)
            for name, window in status.plan.windows.items() if status.plan else ():
                if window.utilization is not None:
                    self._plan.labels(self._names.known(name)).set(window.utilization)
                if window.resets_at is not None:
                    self._resets.labels(self._names.known(name)).set(window.resets_at)
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"cmappy_{name}", about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"cmappy_{name}", about, labels, registry=self._registry)
