"""Passes, failures, refusals and known failures are told apart."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from conformance.chat import CHAT
from conformance.chat.subjects.answer import Plain
from conformance.common import targets
from conformance.common.door import Door
from conformance.common.items import Item, Outcome, items, worst
from conformance.common.registry import CHECKS
from conformance.common.scenarios import Expected, Scenario
from conformance.common.session import Session
from conformance.common.targets import Target
from tests.conformance_checks.defects.flavours import TEXT, plain_reply

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
REFUSAL = {"error": {"message": "not offered", "type": "invalid_request_error", "param": None, "code": None}}
ROLE = Item(CHECKS["answer.role"], (TEXT.case(),))
NAMELESS = TEXT.body | {"choices": [{"message": {"content": "Hi"}}]}


def look(served, item, reply, **target):
    """Look at a server with one item, for a target."""
    session = served(reply)
    [finding] = item.look(Session(session.door, Target("t", **target), CHAT.send)).values()
    return finding.outcome, finding.why


@pytest.mark.parametrize(
    ("reply", "capabilities", "outcome"),
    [
        pytest.param(plain_reply(TEXT.body), {"text"}, Outcome.PASSED, id="right"),
        pytest.param(plain_reply(NAMELESS), {"text"}, Outcome.FAILED, id="wrong"),
        pytest.param(plain_reply(REFUSAL, 400), {"text"}, Outcome.FAILED, id="refused, but declared"),
        pytest.param(plain_reply(TEXT.body), set(), Outcome.PASSED, id="right, and more than declared"),
        pytest.param(plain_reply(REFUSAL, 400), set(), Outcome.REFUSED, id="refused, and not declared"),
        pytest.param(plain_reply(NAMELESS), set(), Outcome.NOT_OFFERED, id="wrong, and not declared"),
        pytest.param(plain_reply("no", 500), set(), Outcome.NOT_OFFERED, id="status 500 is no refusal"),
    ],
)
def test_outcome_depends_on_what_is_declared(reply, capabilities, outcome, served):
    """A declared capability that is not shown is a failure, and only an honest refusal counts as one."""
    assert outcome == look(served, ROLE, reply, capabilities=frozenset(capabilities))[0]


def test_known_failure_has_its_reason(served):
    """What is known to fail is told apart, with the reason that the target gives."""
    known = {"answer.role@*": "it never says one"}
    outcome = look(served, ROLE, plain_reply(NAMELESS), capabilities=frozenset({"text"}), known_failures=known)

    assert (Outcome.KNOWN, "it never says one") == outcome


def test_known_failure_that_passes_is_a_failure(served):
    """An entry that is no longer true must go."""
    known = {"answer.role@text": "it never says one"}
    outcome, why = look(served, ROLE, plain_reply(TEXT.body), capabilities=frozenset({"text"}), known_failures=known)

    assert (Outcome.FAILED, "passes, but is said to fail: it never says one") == (outcome, why)


def test_check_without_a_case_is_not_shown():
    """Nothing to try it on is not a pass."""
    scenario = Scenario("hello", {}, Expected(content="Hi", finish_reason="stop"), frozenset({"text"}))
    shown = {item.check.id: worst(item.look(None)) for item in items(Plain, [scenario]) if not item.cases}

    assert {"tools.called": Outcome.NOT_SHOWN, "reasoning.whole": Outcome.NOT_SHOWN}.items() <= shown.items()


@pytest.mark.parametrize("name", [path.stem for path in targets.FOLDER.glob("*.toml")])
def test_target_file_is_readable(name):
    """Each description of a target can be loaded, and knows only checks that there are."""
    patterns = [pattern.partition("@")[0] for pattern in targets.load(name).known_failures]

    assert [] == [pattern for pattern in patterns if pattern not in CHECKS]


class Lists(BaseHTTPRequestHandler):
    """A server that has a list of models and nothing else."""

    def do_GET(self):
        """Answer with the list."""
        model = {"id": "m", "object": "model", "created": 1, "owned_by": "me"}
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"object": "list", "data": [model]}).encode())

    def log_message(self, format, *args):
        """Say nothing."""


@pytest.fixture
def address():
    """Run the server."""
    with HTTPServer(("127.0.0.1", 0), Lists) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_suite_runs_against_any_server_and_reports(address, tmp_path):
    """The command of the README: it fails where the server does, and writes what it found."""
    command = [sys.executable, "-m", "conformance.command", "--only", "models.", "--base-url", address, "--model", "m"]
    done = subprocess.run(
        [*command, "--report", "report"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    report = json.loads((tmp_path / "report.json").read_text())
    results = {check["id"]: check["result"] for check in report["checks"]}

    assert 1 == done.returncode
    assert ("pass", "fail", "not offered") == tuple(
        results[f"models.{name}"] for name in ("sdk-validates", "head", "lookup")
    )
    assert "| `models.head` | should | **fail** (1 of 1) |" in (tmp_path / "report.md").read_text()
    assert "models.head" in [
        test.get("name") for test in ElementTree.parse(tmp_path / "report.xml").iterfind("*[failure]")
    ]
    assert ". models.head (should), on 1 of 1 cases" in done.stdout.partition("Mend first:")[2]


def test_server_that_is_not_there_fails_and_does_not_break(failures):
    """Whatever the network does is a finding, not a crash of the suite."""
    session = Session(Door("http://127.0.0.1:9/v1", library=httpx), Target("none"), CHAT.send)

    assert "no response" in failures(session, Plain, TEXT.case())["answer.status"]
