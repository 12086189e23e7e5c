"""What clients send along must not disturb: what a server does not know it leaves alone."""

from __future__ import annotations

from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.subjects.harmless import Admitted, Harmless


@check("messages.harmless.common", MUST, "common")
def common(answer: Harmless) -> None:
    """What popular clients send with every request does not change the answer, and is never refused."""
    assert answer.expect.content == answer.content


@check("messages.harmless.exotic", SHOULD, "exotic")
def exotic(answer: Harmless) -> None:
    """Fields that have no effect here are accepted."""
    assert answer.expect.content == answer.content


@check("messages.harmless.headers", MUST, "headers")
def headers(answer: Harmless) -> None:
    """API reference, "Versions", "Beta headers": both versions are served, and an unknown beta disturbs nothing."""
    assert answer.expect.content == answer.content


@check("messages.harmless.x-api-key", MUST)
def admitted(answer: Admitted) -> None:
    """API reference, "Authentication": a key in `x-api-key` is as good as one in `authorization`."""
    assert 200 == answer.exchange.status, answer.exchange.text
