"""What is tried: each check on each case that it has something to say on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import conformance.checks  # noqa: F401 - registers all checks
from conformance.cases import Case
from conformance.registry import Check, checks_of
from conformance.scenarios import Scenario
from conformance.session import Session, Subject


class Refused(Exception):
    """The server said honestly that it does not offer what the check is about."""


class NotShown(Exception):
    """No scenario exercises the check, so nothing is known."""


@dataclass(frozen=True)
class Item:
    """One check on one case; without a case there is nothing to try it on."""

    check: Check
    case: Case | None

    @property
    def name(self) -> str:
        """The check's id, and the case: `answer.role@hello`."""
        return f"{self.check.id}@{self.case.name if self.case else 'nothing'}"

    def look(self, session: Session) -> None:
        """Observe and check; raises AssertionError, Refused or NotShown unless all is well."""
        if self.case is None:
            raise NotShown("no scenario exercises this check")
        kind: type[Subject] = self.check.subject
        subject = session.observe(kind, self.case)
        if subject.refused and not self.case.needs <= session.target.capabilities:
            raise Refused(f"refused honestly with 400; needs {', '.join(sorted(self.case.needs))}")
        try:
            self.check(subject)
        except AssertionError as error:
            error.add_note(f"{self.check.id} ({self.check.severity}): {self.check.sentence}")
            raise


Look = Callable[[Item], None]  # runs an item in a test, and says how it ended


def items(kind: type[Subject], scenarios: list[Scenario]) -> list[Item]:
    """Return the items of all checks of one kind of subject."""
    cases = kind.cases(scenarios)
    found = []
    for check in checks_of(kind):
        fitting = [case for case in cases if check.applies(case.traits)]
        found += [Item(check, case) for case in fitting] or [Item(check, None)]
    return found
