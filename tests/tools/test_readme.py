"""What the README says of the code is what the code says."""

import json
import re
from pathlib import Path

import pytest

from cmappy.backends.claude.login import TESTED
from tools import marks, standing, tables
from tools.programs import table
from tools.programs.environments import manifest

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"


@pytest.mark.parametrize("face", ["chat", "responses", "messages", "completions"])
def test_page_shows_the_fields_that_the_code_knows(face):
    """The table is out of date: run tools/readme."""
    text = (ROOT / "cmappy" / "faces" / "README.md").read_text("utf-8")

    assert marks.replace(text, face, tables.fields(face)) == text


def test_page_shows_the_settings():
    """The table is out of date: run tools/readme."""
    text = (ROOT / "cmappy" / "commands" / "README.md").read_text("utf-8")

    assert marks.replace(text, "settings", tables.settings()) == text


def test_newest_tested_cli_is_the_pinned_one():
    """`cmappy doctor` tells it."""
    assert f'PINNED = "{".".join(map(str, TESTED))}"' in (ROOT / "tools" / "install-claude").read_text("utf-8")


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "SECURITY.md",
        ".github/CONTRIBUTING.md",
        "cmappy/commands/README.md",
        "cmappy/faces/README.md",
        "tests/soak/README.md",
        "tools/benchmark/README.md",
    ],
)
def test_what_is_linked_exists(page):
    """Files of this repository, and headings of the same page."""
    text = (ROOT / page).read_text("utf-8")
    headings = {
        re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in re.findall(r"^#+ (.+)$", text, re.M)
    }
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    here = (ROOT / page).parent

    assert [] == [each for each in links if each.startswith("#") and each[1:] not in headings]
    assert [] == [each for each in links if not each.startswith("#") and not (here / each.partition("#")[0]).exists()]


def test_readme_shows_what_the_reports_tell():
    """The table is out of date: run tools/conformance-reports."""
    text = README.read_text("utf-8")

    assert marks.replace(text, "conformance", standing.table(standing.reports())) == text


def test_readme_shows_the_results_of_the_clients():
    """The table is out of date: run tools/clients --write, with the names of those that are new."""
    text = README.read_text("utf-8")

    assert marks.replace(text, "clients", table.markdown(manifest())) == text


def report(path, **results):
    """Write a report on a server that offers text."""
    checks = [
        {"id": f"{kind}.{number}", "severity": "must", "result": result}
        for kind, found in results.items()
        for number, result in enumerate(found)
    ]
    path.write_text(json.dumps({"target": "mine", "capabilities": ["text"], "checks": checks}))
    return path


def test_checks_of_what_is_not_offered_do_not_count(tmp_path):
    """A server without functions passes many a check of them because it calls none: that shows nothing."""
    path = report(tmp_path / "mine.json", answer=["pass", "fail", "not offered"], sdk=["pass"], tools=["pass", "pass"])
    rows = [line.strip("| ").split(" | ") for line in standing.table([path]).splitlines()]

    assert {("plain answers", "1 of 2"), ("the official SDK", "1 of 1"), ("function calling", "not offered")} <= {
        *map(tuple, rows)
    }
    assert ["**all that must hold**", "2 of 3"] in rows


def test_marks_that_are_missing_are_an_error():
    """A command must not write its table nowhere and say nothing."""
    with pytest.raises(ValueError, match="bench"):
        marks.replace("no marks", "bench", "table")
