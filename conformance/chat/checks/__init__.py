"""The checks. Importing this package registers them all."""

from conformance.chat.checks import (
    answer,
    breaks,
    endings,
    events,
    failure,
    harmless,
    models,
    offer,
    reasoning,
    sdk,
    service,
    stream,
    structured,
    tools,
    usage,
)

__all__ = [
    "answer",
    "breaks",
    "endings",
    "events",
    "failure",
    "harmless",
    "models",
    "offer",
    "reasoning",
    "sdk",
    "service",
    "stream",
    "structured",
    "tools",
    "usage",
]
