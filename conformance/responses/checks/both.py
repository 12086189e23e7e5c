"""A plain response and a streamed one are the same."""

from __future__ import annotations

from conformance.common.registry import MUST, check
from conformance.responses.subjects.both import Both


@check("responses.both.same", MUST)
def same(both: Both) -> None:
    """API reference: the last event of a stream has the response that would have come without it."""
    assert {} == both.differing
