"""What the suite needs of an API: how it is called, what is observed of it, and what it is asked.

Each API is a folder beside this one, with its subjects and, under the same names, the checks of them. Adding one
touches nothing else but the list in `conformance.apis`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conformance.common import scenarios
from conformance.common.door import Door
from conformance.common.exchange import Exchange, Json
from conformance.common.scenarios import Scenario
from conformance.common.session import Subject


@dataclass(frozen=True)
class Api:
    """One API.

    `send` makes one request and keeps what comes back. `questions` is the folder of requests for any server. `load`
    reads the scenarios of a folder, which the others write as chat completions, as requests of this API; those that
    it cannot express are left out.
    """

    name: str
    send: Callable[[Door, Json], Exchange]
    subjects: tuple[type[Subject], ...]
    questions: Path
    load: Callable[[Path], list[Scenario]] = scenarios.load
