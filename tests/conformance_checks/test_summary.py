"""The summary leads to the defect: what to mend first, and what only follows from it."""

import subprocess
import sys
from pathlib import Path

import pytest

import conformance.apis
from conformance.common import summary
from conformance.common.items import Finding, Outcome
from conformance.common.registry import CHECKS

PAGE = Path(conformance.apis.__file__).parent / "CHECKS.md"
PASSED = Finding(Outcome.PASSED)
ASKED = {"model": "m", "messages": [{"role": "user", "content": "It's me"}]}


def failed(why, **more):
    """Build a finding that tells of a failure."""
    return Finding(Outcome.FAILED, why, **more)


def first(found):
    """Return the ids that the summary says to mend first, in order."""
    told = summary.text(found, "http://127.0.0.1:1/v1").partition("Mend first:")[2].partition("Then, if")[0]
    return [line.split()[1] for line in told.splitlines() if line[:1].isdigit()]


def test_cause_comes_before_what_follows_from_it():
    """Checks go from the outside in, so that the first of those that clients break on is the likeliest cause."""
    found = {
        "answer.request-id": {"hello": failed("no header")},
        "stream.role-once": {"hello": failed("twice")},
        "sdk.accepts": {"hello+stream": failed("the SDK raised")},
    }

    assert ["stream.role-once", "sdk.accepts", "answer.request-id"] == first(found)


def test_checks_that_had_nothing_to_look_at_are_no_cause():
    """They are named, and nothing more is said of them."""
    found = {
        "answer.status": {"hello": failed("500"), "image": PASSED},
        "answer.role": {"hello": failed("status 500", nothing=True), "image": PASSED},
    }
    told = summary.text(found, "http://127.0.0.1:1/v1")

    assert ["answer.status"] == first(found)
    assert told.endswith("because of the failures above:\n  answer.role")


def test_one_refused_request_is_one_cause():
    """What the stream, the SDK and the offer make of the same refusal tells nothing new; another request does."""
    found = {
        "answer.status": {"hello": failed("500"), "image": PASSED},
        "events.status": {"hello": failed("500"), "image": PASSED},
        "events.content-type": {"hello": failed("json"), "image": failed("html")},
        "sdk.accepts": {"hello+create": failed("500"), "image+create": PASSED},
    }

    assert ["answer.status", "events.content-type"] == first(found)
    assert "events.content-type (must), on 1 of 2 cases" in summary.text(found, "http://127.0.0.1:1/v1")


def test_error_with_a_wrong_status_is_one_cause():
    """A page of HTML where there should be an error has no envelope either; another error without one is news."""
    found = {
        "failure.status": {"method": failed("501"), "json": PASSED},
        "failure.object": {"method": failed("HTML"), "json": failed("no `error`")},
        "failure.sdk-class": {"method": failed("InternalServerError"), "json": PASSED},
    }

    assert ["failure.status", "failure.object"] == first(found)
    assert "On json:" in summary.text(found, "http://127.0.0.1:1/v1")


@pytest.mark.parametrize(("cases", "told"), [(1, ""), (3, "Also on b, c\n"), (7, "Also on b, c, d, e and 2 more\n")])
def test_further_cases_are_named(cases, told):
    """What they have in common often tells what is wrong."""
    found = {"answer.role": {name: failed("none") for name in "abcdefg"[:cases]}}
    text = summary.text(found, "http://127.0.0.1:1/v1") + "\n"

    assert ("Also on" in text) == bool(told)
    assert told in text


def test_failure_can_be_seen_again():
    """The request is there as a command for a shell, whatever it quotes."""
    finding = failed("no", request=ASKED, url="/chat/completions")
    told = summary.text({"answer.role": {"hello": finding}}, "http://127.0.0.1:1/v1/")
    command = told.partition("See it: curl -sN ")[2].splitlines()[0]
    shown = subprocess.run(["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)

    assert "http://127.0.0.1:1/v1/chat/completions" == shown.stdout.splitlines()[0]
    assert '"It\'s me"' in shown.stdout.splitlines()[-1]


@pytest.mark.parametrize(("only_must", "fails"), [(False, True), (True, False)])
def test_exit_code_can_forgive_a_should(only_must, fails):
    """CI may let comfort go."""
    found = {"answer.request-id": {"hello": failed("none")}, "answer.role": {"hello": PASSED}}

    assert fails == summary.fails(found, only_must=only_must)


def test_page_lists_all_checks():
    """The page is out of date: run cmappy-conformance --list > conformance/CHECKS.md."""
    assert PAGE.read_text("utf-8") == summary.checks()


def test_checks_are_registered_from_the_outside_in():
    """Framing comes before chunks, bytes before what the SDK makes of them."""
    order = [check.id for check in CHECKS.values() if check.api == "chat"]
    ids = ["events.status", "events.content-type", "events.json", "stream.role-once", "sdk.accepts", "service.at-once"]

    assert ids == sorted(ids, key=order.index)


def test_missing_packages_are_named(tmp_path):
    """Without the extra the command says what to install."""
    code = "import sys; sys.modules['openai'] = None; from conformance.command import main; main([])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PAGE.parents[1], capture_output=True, text=True, check=False
    )

    assert (2, "pip install 'cmappy[conformance]'") == (done.returncode, done.stderr.strip().partition(": ")[2])
