"""OpenAI's older completions: `POST /v1/completions`."""

from pathlib import Path

import conformance.completions.checks  # noqa: F401 - registers them
from conformance.common import scenarios
from conformance.common.api import Api
from conformance.common.scenarios import Scenario
from conformance.completions import call
from conformance.completions.subjects.answer import Plain
from conformance.completions.subjects.failure import Failure
from conformance.completions.subjects.harmless import Harmless, Several
from conformance.completions.subjects.sdk import Live, Reading
from conformance.completions.subjects.stream import BrokenOff, Counted, Stream


def load(folder: Path) -> list[Scenario]:
    """Return the scenarios of a folder, or of its `completions/`; a ValueError tells what is wrong with one."""
    own = folder / "completions"
    return scenarios.load(own if own.is_dir() else folder)


COMPLETIONS = Api(
    "completions",
    call.complete,
    (Plain, Stream, Counted, Reading, Live, Failure, BrokenOff, Harmless, Several),
    Path(__file__).parent / "questions",
    load,
)
