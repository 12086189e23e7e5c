"""What clients send along must not disturb: null is absent, and what a server does not know it leaves alone."""

from __future__ import annotations

from conformance.chat.subjects.harmless import Harmless
from conformance.common.registry import MUST, SHOULD, check


@check("harmless.common", MUST, "common")
def common(answer: Harmless) -> None:
    """What popular clients send with every request does not change the answer, and is never refused."""
    assert answer.expect.content == answer.content


@check("harmless.exotic", SHOULD, "exotic")
def exotic(answer: Harmless) -> None:
    """Fields that have no effect here are accepted: editors broke on servers that refused prompt_cache_key."""
    assert answer.expect.content == answer.content
