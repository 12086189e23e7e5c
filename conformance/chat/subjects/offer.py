"""Whether a server says what it offers: shows what it is said to support, and refuses what it does not."""

from __future__ import annotations

import json

from conformance.chat.subjects.answer import Plain
from conformance.common.cases import Case
from conformance.common.exchange import is_json_object, pick
from conformance.common.scenarios import Call, Scenario
from conformance.common.session import Session


class Offer(Plain):
    """The answer to a request, and which of the capabilities that it needs the target is not said to have."""

    missing: frozenset[str] = frozenset()

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well; nothing excuses a failure here."""
        return [Case(each.name, each.request, each.expect, detail=each.tags) for each in scenarios if each.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Offer:
        """Ask for it."""
        offer = cls(session.complete(case.request), case.expect)
        offer.missing = case.detail - session.target.capabilities
        return offer

    @property
    def is_as_wanted(self) -> bool:
        """Whether the answer is what it would be if everything were offered, as far as that is known."""
        (text, calls), expect = self.told, self.expect
        ending = self.pick("choices", 0, "finish_reason")
        return expect.content in (None, text) and list(expect.calls) == calls and expect.finish_reason in (None, ending)

    @property
    def told(self) -> tuple[str, list[Call]]:
        """The text and the calls of the answer; what cannot be read is left out."""
        texts = [pick(call, "function", "arguments") for call in self.calls]
        arguments = [json.loads(text) if is_json_object(text) else {} for text in texts]
        names = [pick(call, "function", "name") for call in self.calls]
        return self.message("content") or "", [Call(*pair) for pair in zip(names, arguments, strict=True)]
