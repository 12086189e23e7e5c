"""Errors: the checks that OpenAI's APIs share, and what is no error of a response."""

from __future__ import annotations

from conformance.common import failure
from conformance.common.exchange import MISSING, pick
from conformance.common.registry import MUST, adopt, check
from conformance.responses.subjects.failure import Failure

adopt(failure.__name__, Failure, "responses.")


@check("responses.failure.no-answer", MUST)
def no_answer(failed: Failure) -> None:
    """An error message is no answer: there is no `output` in it."""
    assert MISSING is pick(failed.exchange.json(), "output"), failed.exchange.text
