"""Questions for any server: what its model says is left open, and everything else is not."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.chat import CHAT
from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.harmless import Harmless
from conformance.chat.subjects.offer import Offer
from conformance.chat.subjects.sdk import Reading
from conformance.chat.subjects.service import Service
from conformance.chat.subjects.stream import Stream
from conformance.common import scenarios
from conformance.common.cases import Case
from conformance.common.scenarios import Scenario
from tests.conformance_checks.defects import put
from tests.conformance_checks.defects.flavours import FLAVOURS, TEXT, plain_reply, sse, stream_reply
from tests.conformance_checks.defects.service import Echo

SUITE = Path(__file__).parents[2] / "conformance"
QUESTIONS = scenarios.load(CHAT.questions)
OPEN = replace(TEXT.expect, content=None)
SILENT = put("choices", 0, "message", "content", value="")(TEXT.body)
NO_FIELD = Case("field", TEXT.case().request, OPEN, traits=frozenset({"common"}), detail=lambda request: request)
UNKNOWN_OFFER = Case("offer", TEXT.case().request, OPEN, detail=frozenset({"poetry"}))


def opened(flavour, suffix="", detail=None):
    """Return a flavour's case with its text left open."""
    return replace(flavour, expect=replace(flavour.expect, content=None)).case(suffix, detail)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_question_leaves_the_text_open(question):
    """No model can be held to the words of another one."""
    assert (None, True) == (question.expect.content, bool(question.expect.finish_reason))


@pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)
def test_any_text_will_do(flavour, served, failures):
    """No check complains of words that it cannot know."""
    plain = failures(served(plain_reply(flavour.body)), Plain, opened(flavour))
    read = failures(served(plain_reply(flavour.body)), Reading, opened(flavour, "+create", "create"))
    stream = failures(served(stream_reply(sse(flavour.chunks))), Stream, opened(flavour))

    assert {} == plain | read | stream


@pytest.mark.parametrize(("body", "complaints"), [(TEXT.body, set()), (SILENT, {"harmless.common"})])
def test_field_must_not_take_the_answer_away(body, complaints, served, failures):
    """Any answer will do where none is known, but there must be one."""
    assert complaints == failures(served(plain_reply(body)), Harmless, NO_FIELD).keys()


@pytest.mark.parametrize(("reason", "complaints"), [("stop", set()), ("length", {"offer.honest"})])
def test_answer_beyond_the_offer_is_judged_by_its_end(reason, complaints, served, failures):
    """What is not said to be offered may be there: the end of the answer tells as much as can be known."""
    body = put("choices", 0, "finish_reason", value=reason)(TEXT.body)

    assert complaints == failures(served(plain_reply(body)), Offer, UNKNOWN_OFFER).keys()


def test_service_needs_no_text(served, failures):
    """Clients at once and clients that leave are looked at for servers with a real model, too."""
    asked = [Scenario("hello", TEXT.case().request, OPEN, frozenset({"text"}))]
    found = failures(served(Echo()), Service, Service.cases(asked)[0])

    assert {"service.two-choices"} == found.keys()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param(["--target", "nobody"], "there is no target nobody; known are any, ", id="target"),
        pytest.param(["--target", "broken.toml"], "broken.toml: ", id="target that cannot be read"),
        pytest.param(["--scenarios", "nowhere"], "there are no scenarios (*.json) in nowhere", id="scenarios"),
        pytest.param(["--scenarios", "."], "broken.json is no scenario: KeyError('tags')", id="bad scenario"),
        pytest.param(["--base-url", "http://127.0.0.1:9/v1"], "http://127.0.0.1:9/v1/models: no response", id="URL"),
    ],
)
def test_wrong_use_is_explained(options, reason, tmp_path):
    """One line says what is wrong, from whichever directory the suite is run, instead of a hundred failures."""
    (tmp_path / "broken.toml").write_text("about =")
    (tmp_path / "broken.json").write_text("{}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SUITE / "test_checks.py", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert reason in done.stdout + done.stderr
    assert ("FAILED" in done.stdout, done.returncode in (2, 4)) == (False, True)
