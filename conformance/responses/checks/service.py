"""How a server behaves from one request to the next."""

from __future__ import annotations

from conformance.common.exchange import pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.service import Service


@check("responses.service.at-once", MUST)
def at_once(service: Service) -> None:
    """Requests that run at the same time get their own answers, never another's."""
    assert service.wanted == service.together(stream=False)


@check("responses.service.streams-at-once", MUST)
def streams_at_once(service: Service) -> None:
    """Streams that run at the same time do not mix."""
    assert service.wanted == service.together(stream=True)


@check("responses.service.ids-differ", MUST)
def ids_differ(service: Service) -> None:
    """API reference: `id` is a unique identifier for the response, and so are those of its items."""
    first, second = (exchange.json() for exchange in service.twice)

    assert pick(first, "id") != pick(second, "id")
    assert pick(first, "output", 0, "id") != pick(second, "output", 0, "id")


@check("responses.service.survives-leaving", MUST)
def survives_leaving(service: Service) -> None:
    """A client that leaves a stream does no harm to the next one."""
    assert service.wanted[0] == service.after_leaving


@check("responses.service.second-try", MUST)
def second_try(service: Service) -> None:
    """SDK, "Retries": a repeated request carries `x-stainless-retry-count` and is answered like the first."""
    assert service.wanted[0] == service.second_try


@check("responses.service.websocket", SHOULD)
def websocket(service: Service) -> None:
    """Codex tries a WebSocket first: 101 opens it, 426 makes it use POST at once, and anything else costs its user."""
    assert service.websocket.status in (101, 426), service.websocket.text


@check("responses.service.conversation", MUST)
def conversation(service: Service) -> None:
    """API reference, `conversation`: one that is not known is an error; ignoring it loses the history in silence."""
    assert service.in_conversation.status in (400, 404), service.in_conversation.text


@check("responses.service.background", MUST)
def background(service: Service) -> None:
    """API reference, `background`: the response comes at once and is worked on later, or the server says 400."""
    told = pick(service.in_background.json(), "background")

    assert service.in_background.status == 400 or told is True, service.in_background.text


@check("responses.service.prompt", MUST)
def prompt(service: Service) -> None:
    """API reference, `prompt`: a template that is not known is an error; without it the answer is to something else."""
    assert service.of_template.status in (400, 404), service.of_template.text
