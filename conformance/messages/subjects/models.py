"""The list of models as Anthropic's SDK reads it, and one of them looked up."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.common import capture
from conformance.common.cases import Case
from conformance.common.door import Canned, Door
from conformance.common.exchange import Exchange, Json, Unreadable, pick
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.messages.client import opened

_VERSION: Json = {"anthropic-version": "2023-06-01"}


class Models:
    """`GET /models`, and the first of them."""

    refused = False

    def __init__(self, listed: Exchange, first: Exchange) -> None:
        self.exchange, self.first = listed, first

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the one case."""
        return [Case("models", {}, needs=frozenset({"models", "model_lookup"}))]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Models:
        """Ask for them."""
        listed = capture.fetch(session.door, "GET", "/models", **_VERSION)
        id = pick(listed.json(), "data", 0, "id") or "none"
        return cls(listed, capture.fetch(session.door, "GET", f"/models/{id}", **_VERSION))

    @cached_property
    def body(self) -> Json:
        """The page."""
        body = self.exchange.json()
        if self.exchange.status != 200 or not isinstance(body, dict):
            raise Unreadable(f"status {self.exchange.status}, and no page: {self.exchange.text!r}")
        return body

    @property
    def models(self) -> list[Any]:
        """The model objects."""
        models = self.body.get("data")
        return models if isinstance(models, list) else []

    def complaint(self, *, one: bool = False) -> str:
        """Return what the SDK complains of, validating; an empty text if of nothing."""
        door = Door(strict=True, transport=Canned(self.first if one else self.exchange))
        try:
            with opened(door) as client:
                if one:
                    client.models.retrieve("any")
                else:
                    list(client.models.list())
        except Exception as error:  # a broken list makes the SDK raise nearly anything
            return f"{error!r} {error.__cause__ or ''}"
        return ""
