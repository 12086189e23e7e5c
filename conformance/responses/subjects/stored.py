"""Responses that a server keeps: asked for again, listed, continued and forgotten."""

from __future__ import annotations

import asyncio
from functools import cached_property

from conformance.common.cases import Case, case
from conformance.common.exchange import Exchange, Json, Unreadable, pick
from conformance.common.observed import Observed
from conformance.common.scenarios import Call, Expected, Scenario
from conformance.common.session import Session
from conformance.responses.subjects.answer import CALLS, Plain, Response, given

_GIVEN = ("function_call_output", "custom_tool_call_output")
WAYS = ("previous", "references", "items", "sealed")


class Stored(Observed):
    """A response that was made to be kept, and what becomes of it."""

    def __init__(self, session: Session, request: Json, expect: Expected) -> None:
        super().__init__(session.send(request), expect)
        self._session = session
        self._request = request

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the first answer of each kind."""
        wanted = ({"text"}, {"tools"})
        first = [next((each for each in scenarios if each.tags == tags and each.succeeds), None) for tags in wanted]
        return [_needing(case(each), "stored") for each in first if each]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Stored:
        """Have it made."""
        return cls(session, case.request, case.expect)

    @property
    def made(self) -> Response:
        """The response as it was made."""
        return Plain(self.exchange, self.expect).response

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.made.pick("id"))

    @cached_property
    def retrieved(self) -> Exchange:
        """The response, asked for again."""
        return self._fetch("GET")

    @cached_property
    def items(self) -> Exchange:
        """The items that it answers."""
        return self._fetch("GET", "/input_items")

    @cached_property
    def deleted(self) -> tuple[Exchange, Exchange]:
        """What is said when another one is deleted, and what when it is asked for after that."""
        other = Stored(self._session, self._request, self.expect)
        return other._fetch("DELETE"), other._fetch("GET")

    @cached_property
    def not_stored(self) -> Exchange:
        """What is said of one that was not to be kept."""
        return Stored(self._session, self._request | {"store": False}, self.expect)._fetch("GET")

    def sdk(self) -> tuple[str, bool] | str:
        """Return the id and whether there are items, as the SDK reads both, validating; or what it complains of."""
        try:
            with self._session.patient(strict=True).open() as client:
                items = list(client.responses.input_items.list(self.id))
                return client.responses.retrieve(self.id).id, bool(items)
        except Exception as error:  # a broken answer makes the SDK raise nearly anything
            return f"{error!r} {error.__cause__ or ''}"

    def async_sdk(self) -> tuple[str, bool] | str:
        """Return the same by the async client."""

        async def run() -> tuple[str, bool]:
            async with self._session.patient(strict=True).open_async() as client:
                items = [item async for item in client.responses.input_items.list(self.id)]
                return (await client.responses.retrieve(self.id)).id, bool(items)

        try:
            return asyncio.run(run())
        except Exception as error:  # as above
            return f"{error!r} {error.__cause__ or ''}"

    def _fetch(self, method: str, below: str = "") -> Exchange:
        return self._session.fetch(method, f"/responses/{self.id}{below}")


class Continued(Plain):
    """The second answer of a conversation, whose first one is given in one of several ways."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each conversation whose beginning is a scenario too, in each way in which clients continue one."""
        return [
            _needing(case(later, f"+{way}", (first, way)), *(("stored",) if way in WAYS[:2] else ()), trait=way)
            for first, later in _pairs(scenarios)
            for way in WAYS
        ]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Continued:
        """Ask the first question and then the second."""
        first, way = case.detail
        sealed = way == "sealed"
        kept = {"store": not sealed} | ({"include": ["reasoning.encrypted_content"]} if sealed else {})
        exchange = session.complete(first.request, **kept)
        made = Plain(exchange, first.expect)
        if made.refused:
            return cls(exchange, case.expect)
        asked = _continuing(case.request, first.request, made.response, way)
        return cls(session.send(asked | kept), case.expect)


def _needing(known: Case, *capabilities: str, trait: str = "") -> Case:
    needs, traits = known.needs | set(capabilities), known.traits | ({trait} if trait else set())
    return Case(known.name, known.request, known.expect, needs, traits, known.detail)


def _pairs(scenarios: list[Scenario]) -> list[tuple[Scenario, Scenario]]:
    """Return the scenarios of which one goes on with the other's answer."""
    able = [each for each in scenarios if each.succeeds and isinstance(each.request["input"], list)]
    return [(first, later) for later in able for first in able if _goes_on(first, later)]


def _goes_on(first: Scenario, later: Scenario) -> bool:
    """Tell whether a request begins with another one and the answer to it, as far as that is known."""
    asked = first.request["input"]
    same = {**first.request, "input": None} == {**later.request, "input": None}
    answered = later.request["input"][len(asked) : -len(_new(later.request))]
    if not same or later.request["input"][: len(asked)] != asked or not answered:
        return False
    calls = [Call(item["name"], given(item)) for item in answered if item.get("type") in CALLS]
    texts = [item["content"] for item in answered if item.get("role") == "assistant"]
    said = [first.expect.content] if first.expect.content else []
    return calls == list(first.expect.calls) and (first.expect.content is None or texts == said)


def _new(request: Json) -> list[Json]:
    """Return the items at the end of a request that come after the model's."""
    new: list[Json] = []
    for item in reversed(request["input"]):
        if item.get("type") not in _GIVEN and item.get("role") != "user":
            break
        new.insert(0, item)
    return new


def _continuing(later: Json, first: Json, made: Response, way: str) -> Json:
    """Return the later request with the first answer as it was made, told in one of the ways."""
    if not made.output:
        raise Unreadable("the answer that was to be continued has no items")
    # The results of calls belong to the calls that were really made.
    ids = iter([call.get("call_id") for call in made.calls])
    new = [item | {"call_id": next(ids, None)} if item.get("type") in _GIVEN else item for item in _new(later)]
    match way:
        case "previous":
            return later | {"input": new, "previous_response_id": made.pick("id")}
        case "references":
            told = [{"type": "item_reference", "id": pick(item, "id")} for item in made.output]
        case _:
            told = made.output
    return later | {"input": [*first["input"], *told, *new]}
