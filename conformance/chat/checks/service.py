"""How a server behaves from one request to the next."""

from __future__ import annotations

from conformance.chat.subjects.service import Service
from conformance.common.exchange import pick
from conformance.common.registry import MUST, SHOULD, check


@check("service.at-once", MUST)
def at_once(service: Service) -> None:
    """Requests that run at the same time get their own answers, never another's."""
    assert service.wanted == service.together(stream=False)


@check("service.streams-at-once", MUST)
def streams_at_once(service: Service) -> None:
    """Streams that run at the same time do not mix."""
    assert service.wanted == service.together(stream=True)


@check("service.ids-differ", MUST)
def ids_differ(service: Service) -> None:
    """API reference: `id` is a unique identifier for the chat completion."""
    first, second = (pick(exchange.json(), "id") for exchange in service.twice)

    assert first != second


@check("service.request-ids-differ", SHOULD)
def request_ids_differ(service: Service) -> None:
    """API reference, "Debugging requests": `x-request-id` is unique for each request."""
    first, second = (exchange.headers.get("x-request-id") for exchange in service.twice)

    assert first != second


@check("service.survives-leaving", MUST)
def survives_leaving(service: Service) -> None:
    """A client that leaves a stream does no harm to the next one."""
    assert service.wanted[0] == service.after_leaving


@check("service.survives-time-outs", MUST)
def survives_time_outs(service: Service) -> None:
    """SDK, "Timeouts": a client that waits no longer closes the connection; that does no harm to its next request."""
    assert service.wanted[0] == service.after_time_outs


@check("service.two-choices", MUST)
def two_choices(service: Service) -> None:
    """API reference, `n`: two choices come if two are asked for; a server that has one says so with status 400."""
    answer = service.two_choices

    assert answer.status == 400 or len(pick(answer.json(), "choices") or ()) == 2, answer.text


@check("service.list-with-query", SHOULD)
def list_with_query(service: Service) -> None:
    """A query that means nothing here does not disturb the list of models."""
    assert 200 == service.list_with_query.status


@check("service.second-try", MUST)
def second_try(service: Service) -> None:
    """SDK, "Retries": a repeated request carries `x-stainless-retry-count` and is answered like the first."""
    assert service.wanted[0] == service.second_try
