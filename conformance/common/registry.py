"""All checks, each with a stable id, a severity, and the sentence of the reference that it stands on (its docstring).

A check is a function of one subject: a plain answer, a stream, a failure, ... Which one is what its parameter's type
says. It asserts, or raises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

Function = TypeVar("Function", bound=Callable[[Any], None])


class Severity(StrEnum):
    """How bad a failure is: clients break on a `must`, and lose comfort on a `should`."""

    MUST = "must"
    SHOULD = "should"


MUST, SHOULD = Severity.MUST, Severity.SHOULD


@dataclass(frozen=True)
class Check:
    """One thing to look at. `tags` restricts it to cases that have one of them."""

    id: str
    severity: Severity
    sentence: str
    subject: type
    function: Callable[[Any], None]
    tags: frozenset[str] = frozenset()

    @property
    def api(self) -> str:
        """The name of its API: the folder in which its subject is."""
        return self.subject.__module__.split(".")[1]

    def __call__(self, subject: object) -> None:
        """Look; an AssertionError tells what is wrong."""
        self.function(subject)

    def applies(self, tags: frozenset[str]) -> bool:
        """Tell whether the check has something to say on a case with these tags."""
        return not self.tags or bool(self.tags & tags)


CHECKS: dict[str, Check] = {}
SHARED: dict[str, Check] = {}  # of several APIs; each has to adopt them


def check(id: str, severity: Severity, *tags: str) -> Callable[[Function], Function]:
    """Register a function as the check of that id; but for chat completions it begins with the API's name."""
    return _registers(CHECKS, id, severity, tags)


def shared(id: str, severity: Severity, *tags: str) -> Callable[[Function], Function]:
    """Register a function as a check that APIs can adopt."""
    return _registers(SHARED, id, severity, tags)


def adopt(module: str, subject: type, prefix: str = "", *, without: Collection[str] = ()) -> None:
    """Register the shared checks of a module for a kind of subject, under ids that begin with the prefix."""
    for known in SHARED.values():
        if known.function.__module__ == module and known.id not in without:
            CHECKS[prefix + known.id] = replace(known, id=prefix + known.id, subject=subject)


def _registers(
    known: dict[str, Check], id: str, severity: Severity, tags: tuple[str, ...]
) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        subject = next(kind for name, kind in get_type_hints(function).items() if name != "return")
        if id in known or not function.__doc__:
            raise ValueError(f"the check {id} is there already, or has no sentence")
        sentence = " ".join(function.__doc__.split())
        known[id] = Check(id, severity, sentence, subject, function, frozenset(tags))
        return function

    return register


def checks_of(subject: type) -> list[Check]:
    """Return the checks that look at that kind of subject, in the order of their registration."""
    return [known for known in CHECKS.values() if known.subject is subject]
