"""How a server behaves from one request to the next: the few things that no single answer shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from conformance.common import capture
from conformance.common.cases import Case
from conformance.common.exchange import Exchange, Json
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.responses import call
from conformance.responses.faces import FACES

_AT_ONCE = 8
_WEBSOCKET = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Service:
    """What several requests to one server show together."""

    refused = False

    def __init__(self, requests: list[Json], wanted: list[str | None], session: Session) -> None:
        self.wanted = wanted
        self._requests = [session.request(request) for request in requests]
        self._session = session

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the one case: a few short texts."""
        texts = [each for each in scenarios if each.tags == {"text"} and each.expect.content != ""][:_AT_ONCE]
        wanted = [each.expect.content for each in texts]
        needs = frozenset({"text"})
        return [Case("service", {}, needs=needs, detail=([each.request for each in texts], wanted))] if texts else []

    @classmethod
    def observe(cls, session: Session, case: Case) -> Service:
        """Nothing is asked before a check asks for it."""
        requests, wanted = case.detail
        return cls(requests, wanted, session)

    def together(self, *, stream: bool) -> list[str | None]:
        """Return the texts of answers that were asked for at the same time; None for one where any will do."""
        face = FACES["stream" if stream else "create"]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            told = pool.map(lambda request: face.ask(self._session.door, request).whole, self._requests)
            return [self._text(each, number) for number, each in enumerate(told)]

    @cached_property
    def twice(self) -> tuple[Exchange, Exchange]:
        """The answers to the same request, sent twice."""
        return self._answer(), self._answer()

    @cached_property
    def after_leaving(self) -> str | None:
        """The text of the next answer, after several streams that were left after their first piece."""
        for _ in range(3):
            with call.abandoned(self._session.door, self._requests[0]):
                pass
        return self._text(FACES["create"].ask(self._session.door, self._requests[0]).whole)

    @cached_property
    def second_try(self) -> str | None:
        """The text of the answer to a request that says it is a second try."""
        door = self._session.patient(headers={"x-stainless-retry-count": "1"})
        return self._text(FACES["create"].ask(door, self._requests[0]).whole)

    @cached_property
    def websocket(self) -> Exchange:
        """The answer to a client that would rather have a WebSocket."""
        return capture.fetch(self._session.patient(headers=_WEBSOCKET), "GET", call.URL)

    @cached_property
    def in_conversation(self) -> Exchange:
        """The answer to a request that belongs to a conversation which nobody knows."""
        return self._answer(conversation="conv_0")

    @cached_property
    def in_background(self) -> Exchange:
        """The answer to a request that is to be worked on in the background."""
        return self._answer(background=True)

    @cached_property
    def of_template(self) -> Exchange:
        """The answer to a request whose words are in a template which nobody knows."""
        return self._answer(prompt={"id": "pmpt_0"})

    def _text(self, text: str, number: int = 0) -> str | None:
        return None if self.wanted[number] is None and text else text

    def _answer(self, **more: object) -> Exchange:
        return call.create(self._session.door, self._requests[0] | more)
