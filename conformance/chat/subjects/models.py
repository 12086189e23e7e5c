"""The list of models, and some of them looked up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.common.cases import Case
from conformance.common.door import Canned, Door
from conformance.common.exchange import Exchange, Json, Unreadable, pick
from conformance.common.scenarios import Scenario
from conformance.common.session import Session


@dataclass(frozen=True)
class Seen:
    """What the SDK made of the list: the ids, and what it complained of."""

    ids: list[str]
    complaint: str = ""


def _complaint(error: Exception) -> Seen:
    return Seen([], f"{error!r} {error.__cause__ or ''}")


class Models:
    """`GET /models`, and `HEAD`."""

    refused = False

    def __init__(self, listed: Exchange, head: Exchange) -> None:
        self.listed, self.head = listed, head

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the one case."""
        return [Case("models", {"model": "sonnet"}, needs=frozenset({"models"}))]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Models:
        """Ask for them."""
        return cls(session.fetch("GET", "/models"), session.fetch("HEAD", "/models"))

    @cached_property
    def body(self) -> Json:
        """The list object."""
        body = self.listed.json()
        if self.listed.status != 200 or not isinstance(body, dict):
            raise Unreadable(f"status {self.listed.status}, and no list object: {self.listed.text!r}")
        return body

    @cached_property
    def models(self) -> list[Any]:
        """The model objects."""
        models = self.body.get("data")
        if not isinstance(models, list) or not models:
            raise Unreadable(f"no list of models in `data`: {self.listed.text!r}")
        return models

    def each(self, key: str) -> list[Any]:
        """Return a field of each model, or MISSING."""
        return [pick(model, key) for model in self.models]

    def seen(self, *, strict: bool) -> Seen:
        """Let the SDK read the list."""
        door = Door(strict=strict, transport=Canned(self.listed))
        try:
            with door.open() as client:
                return Seen([model.id for model in client.models.list()])
        except Exception as error:  # a broken list makes the SDK raise nearly anything
            return _complaint(error)

    def seen_async(self) -> Seen:
        """Let the async SDK read the list, validating."""

        async def run() -> list[str]:
            async with Door(strict=True, transport=Canned(self.listed)).open_async() as client:
                return [model.id async for model in client.models.list()]

        try:
            return Seen(asyncio.run(run()))
        except Exception as error:  # as above
            return _complaint(error)


class Lookup:
    """`GET /models/{id}`, for the first model of the list and for the one that the scenarios ask."""

    refused = False

    def __init__(self, listed: Any, first: Exchange, asked: Exchange) -> None:
        self.listed, self.first, self.asked = listed, first, asked

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the one case."""
        return [Case("lookup", {"model": "sonnet"}, needs=frozenset({"models", "model_lookup"}))]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Lookup:
        """Ask for them."""
        listed = pick(session.fetch("GET", "/models").json(), "data", 0)
        # Quoted as far as URLs allow it; what the server sees must be the same.
        quoted = "".join(f"%{byte:02X}" for byte in str(pick(listed, "id")).encode())
        asked = session.request(case.request)["model"]
        return cls(listed, session.fetch("GET", f"/models/{quoted}"), session.fetch("GET", f"/models/{asked}"))

    def looked_up(self) -> Seen:
        """Let the SDK read the one model, validating."""
        try:
            with Door(strict=True, transport=Canned(self.first)).open() as client:
                return Seen([client.models.retrieve("any").id])
        except Exception as error:  # as above
            return _complaint(error)
