"""Errors: the checks that OpenAI's APIs share, and what is no error of a chat completion."""

from __future__ import annotations

from conformance.chat.subjects.failure import Failure
from conformance.common import failure
from conformance.common.exchange import MISSING, pick
from conformance.common.registry import MUST, adopt, check

adopt(failure.__name__, Failure)


@check("failure.no-answer", MUST)
def no_answer(failed: Failure) -> None:
    """An error message is no answer: there are no `choices` in it."""
    assert pick(failed.exchange.json(), "choices") is MISSING
