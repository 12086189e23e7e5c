"""What clients send along must not disturb: null is absent, and what a server does not know it leaves alone."""

from __future__ import annotations

from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.harmless import Harmless


@check("responses.harmless.common", MUST, "common")
def common(answer: Harmless) -> None:
    """What popular clients send with every request does not change the answer, and is never refused."""
    assert answer.expect.content == answer.content


@check("responses.harmless.exotic", SHOULD, "exotic")
def exotic(answer: Harmless) -> None:
    """Fields that have no effect here are accepted: Codex, Home Assistant and VS Code send many."""
    assert answer.expect.content == answer.content
