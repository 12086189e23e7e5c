"""Servers need not do everything; they must say what they do not."""

from __future__ import annotations

from conformance.chat.subjects.offer import Offer
from conformance.common.registry import MUST, check


@check("offer.shown", MUST)
def shown(offer: Offer) -> None:
    """A server answers what it is said to support."""
    assert offer.missing or 200 == offer.exchange.status, offer.exchange.text


@check("offer.honest", MUST)
def honest(offer: Offer) -> None:
    """API reference, "Error codes": what is not offered is refused with 400; ignoring it silently is a wrong answer."""
    passed_on = offer.missing == {"retry"} and offer.exchange.status >= 500  # the failure, which was not tried again
    assert not offer.missing or passed_on or offer.refused or offer.is_as_wanted, (
        f"needs {', '.join(sorted(offer.missing))}"
    )
