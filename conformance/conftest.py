"""The options of the suite, the server that it looks at, and how outcomes are told apart.

pytest conformance                                      starts `cmappy --replay`
pytest conformance --claude PATH                        starts cmappy with the real CLI on a stub of its API
pytest conformance --base-url URL [--target NAME]       starts nothing
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance import capture, scenarios, servers, targets
from conformance.exchange import pick
from conformance.items import Item, Look, Outcome, items, worst
from conformance.report import Report, describe
from conformance.scenarios import Scenario
from conformance.sdk import Door
from conformance.session import Session
from conformance.targets import Target

TARGET = pytest.StashKey[Target]()
SCENARIOS = pytest.StashKey[list[Scenario]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("conformance", "conformance to OpenAI's API")
    group.addoption("--base-url", metavar="URL", help="a running server, such as http://127.0.0.1:8000/v1")
    group.addoption("--api-key", metavar="KEY", default="unused", help="its key (default: %(default)s)")
    group.addoption("--model", metavar="NAME", help="its model (default: the first that it lists)")
    group.addoption(
        "--target",
        metavar="NAME",
        help="what it offers: a name from conformance/targets, or a .toml file (default: text, models and errors)",
    )
    group.addoption(
        "--scenarios", metavar="DIR", type=Path, help="what to ask, and what the answers must say (default: questions)"
    )
    group.addoption("--claude", metavar="PATH", type=Path, help="start cmappy with this Claude Code CLI")
    group.addoption("--sample", action="store_true", help="one scenario for each set of tags: faster")
    group.addoption("--report", metavar="FILE", type=Path, help="write FILE.json and FILE.md")


def pytest_configure(config: pytest.Config) -> None:
    """Read what the options name."""
    config.addinivalue_line("markers", "observes(kind): run all checks of that kind of subject")
    chosen = config.getoption("--target") or ("any" if config.getoption("--base-url") else "cmappy")
    try:
        target = targets.load(chosen)
        config.option.scenarios = config.option.scenarios or _scenarios_of(target)
        known = scenarios.load(config.option.scenarios)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    live_upstream = config.getoption("--claude") is not None or not target.replays
    known = scenarios.sample(known) if config.getoption("--sample") else known
    config.stash[TARGET] = target
    config.stash[SCENARIOS] = [each for each in known if not (live_upstream and each.handmade)]
    if config.getoption("--report"):
        config.pluginmanager.register(Report(config.getoption("--report"), target), "conformance-report")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the exact bytes out where answers are not always the same."""
    recorded = config.stash[TARGET].replays and not config.getoption("--claude")
    return True if collection_path.name == "test_wire.py" and not recorded else None


def _scenarios_of(target: Target) -> Path:
    return scenarios.RECORDED if target.replays else scenarios.QUESTIONS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that observes a kind of subject the checks of that kind."""
    if (observes := metafunc.definition.get_closest_marker("observes")) is not None:
        found = items(observes.kwargs["kind"], metafunc.config.stash[SCENARIOS])
        metafunc.parametrize("item", found, ids=[item.check.id for item in found])


@pytest.fixture(scope="session")
def session(pytestconfig: pytest.Config) -> Iterator[Session]:
    """Look at one server."""
    with _address(pytestconfig) as url:
        door = Door(url=url, key=pytestconfig.getoption("--api-key"))
        listed = capture.fetch(door, "GET", "/models")
        if listed.status in (0, 401, 403):
            pytest.exit(f"{url}/models: {f'status {listed.status}, ' if listed.status else ''}{listed.text}", 2)
        target = pytestconfig.stash[TARGET]
        named = target.models or pytestconfig.option.scenarios != scenarios.QUESTIONS
        first = None if named else pick(listed.json(), "data", 0, "id") or None
        yield Session(door, target, pytestconfig.getoption("--model") or first)


@contextmanager
def _address(config: pytest.Config) -> Iterator[str]:
    if url := config.getoption("--base-url"):
        yield url
        return
    cli = config.getoption("--claude")
    folder = config.getoption("--scenarios")
    with servers.driving(cli.resolve(), folder) if cli else servers.replaying() as started:
        yield started


@pytest.fixture
def look(session: Session, request: pytest.FixtureRequest) -> Look:
    """Return what runs an item and says how it ended."""

    def run(item: Item) -> None:
        found = item.look(session)
        outcome = worst(found)
        request.node.user_properties += [("check", item.check.id), ("outcome", outcome), ("findings", found)]
        if outcome is Outcome.FAILED:
            pytest.fail(describe(item.check, found), pytrace=False)
        elif outcome is Outcome.KNOWN:
            pytest.xfail("; ".join(sorted({each.why for each in found.values() if each.outcome is Outcome.KNOWN})))
        elif outcome is not Outcome.PASSED:
            pytest.skip(next((each.why for each in found.values()), "no scenario exercises this check"))

    return run


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Count refusals apart from passes and failures."""
    outcome = dict(report.user_properties).get("outcome") if report.when == "call" else None
    apart = {Outcome.REFUSED: "r", Outcome.NOT_OFFERED: "o", Outcome.NOT_SHOWN: "-"}
    return next(((known, letter, known.upper()) for known, letter in apart.items() if known is outcome), None)
