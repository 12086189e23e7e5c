"""How a server behaves from one request to the next: the few things that no single answer shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from conformance.common.cases import Case
from conformance.common.exchange import Exchange, Json
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.messages import call
from conformance.messages.faces import FACES, Told

_AT_ONCE = 8


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
        texts = [each for each in scenarios if "text" in each.tags and each.succeeds and each.expect.content != ""]
        wanted = [each.expect.content for each in texts[:_AT_ONCE]]
        detail = [each.request for each in texts[:_AT_ONCE]], wanted
        return [Case("service", {}, needs=frozenset({"text"}), detail=detail)] if texts else []

    @classmethod
    def observe(cls, session: Session, case: Case) -> Service:
        """Nothing is asked before a check asks for it."""
        requests, wanted = case.detail
        return cls(requests, wanted, session)

    def together(self, *, stream: bool) -> list[str | None]:
        """Return the texts of answers that were asked for at the same time; None for one where any will do."""
        face = FACES["stream" if stream else "create"]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            told = pool.map(lambda request: face.ask(self._session.door, request), self._requests)
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
        return self._text(FACES["create"].ask(self._session.door, self._requests[0]))

    def _text(self, told: Told, number: int = 0) -> str | None:
        return None if self.wanted[number] is None and told.text else told.text

    def _answer(self) -> Exchange:
        return call.create(self._session.door, self._requests[0])
