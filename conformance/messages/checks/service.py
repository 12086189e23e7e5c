"""How a server behaves from one request to the next."""

from __future__ import annotations

from conformance.common.exchange import pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.subjects.service import Service


@check("messages.service.at-once", MUST)
def at_once(service: Service) -> None:
    """Requests that run at the same time get their own answers, never another's."""
    assert service.wanted == service.together(stream=False)


@check("messages.service.streams-at-once", MUST)
def streams_at_once(service: Service) -> None:
    """Streams that run at the same time do not mix."""
    assert service.wanted == service.together(stream=True)


@check("messages.service.ids-differ", MUST)
def ids_differ(service: Service) -> None:
    """API reference: `id` is a unique identifier; programs merge messages by it."""
    first, second = (pick(exchange.json(), "id") for exchange in service.twice)

    assert first != second


@check("messages.service.request-ids-differ", SHOULD)
def request_ids_differ(service: Service) -> None:
    """API reference, "Request id": every response has an id of its own."""
    first, second = (exchange.headers.get("request-id") for exchange in service.twice)

    assert first != second


@check("messages.service.survives-leaving", MUST)
def survives_leaving(service: Service) -> None:
    """A client that leaves a stream does no harm to the next one."""
    assert service.wanted[0] == service.after_leaving
