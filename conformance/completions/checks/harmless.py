"""What clients send along must not disturb; what is not offered is refused, and never ignored."""

from __future__ import annotations

from conformance.common.exchange import pick
from conformance.common.registry import MUST, check
from conformance.completions.subjects.harmless import Harmless, Several


@check("completions.harmless.common", MUST)
def common(answer: Harmless) -> None:
    """What popular clients send with every request does not change the answer, and is never refused."""
    assert answer.expect.content == answer.text, answer.exchange.text


@check("completions.several.honest", MUST)
def several(answer: Several) -> None:
    """API reference: two answers come where two are asked for; a server that has one says so with status 400."""
    assert answer.exchange.status == 400 or len(pick(answer.exchange.json(), "choices") or ()) == 2, (
        answer.exchange.text
    )
