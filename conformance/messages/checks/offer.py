"""Servers need not do everything; they must say what they do not."""

from __future__ import annotations

from conformance.common.registry import MUST, check
from conformance.messages.subjects.offer import Offer


@check("messages.offer.shown", MUST)
def shown(offer: Offer) -> None:
    """A server answers what it is said to support."""
    assert offer.missing or 200 == offer.exchange.status, offer.exchange.text


@check("messages.offer.honest", MUST)
def honest(offer: Offer) -> None:
    """API reference, "Errors": what is not offered is refused with 400; ignoring it silently is a wrong answer."""
    assert not offer.missing or offer.refused or offer.is_as_wanted, f"needs {', '.join(sorted(offer.missing))}"
