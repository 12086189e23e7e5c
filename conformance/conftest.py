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

import conformance

# Again: where the package was imported before pytest began, nobody had heard of it.
pytest.register_assert_rewrite(*conformance.REWRITTEN)

from conformance.apis import APIS  # noqa: E402
from conformance.common import capture, scenarios, servers, targets  # noqa: E402
from conformance.common.door import Door  # noqa: E402
from conformance.common.exchange import pick  # noqa: E402
from conformance.common.items import Item, Look, Outcome, worst  # noqa: E402
from conformance.common.report import Report, describe  # noqa: E402
from conformance.common.scenarios import Scenario  # noqa: E402
from conformance.common.session import Session, Sessions  # noqa: E402
from conformance.common.targets import Target  # noqa: E402

TARGET = pytest.StashKey[Target]()
REPORT = "conformance-report"  # the name of the plugin that has what was found
CHOSEN = pytest.StashKey[dict[str, list[Scenario]]]()  # by API


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("conformance", "conformance to OpenAI's API")
    group.addoption("--base-url", metavar="URL", help="a running server, such as http://127.0.0.1:8000/v1")
    group.addoption("--api", metavar="NAME,...", help=f"of {', '.join(APIS)} (default: what the target offers)")
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
    group.addoption("--report", metavar="FILE", type=Path, help="write FILE.json, FILE.md and FILE.xml (JUnit)")


def pytest_configure(config: pytest.Config) -> None:
    """Read what the options name."""
    chosen = config.getoption("--target") or ("any" if config.getoption("--base-url") else "cmappy")
    try:
        config.stash[TARGET] = target = targets.load(chosen)
        config.stash[CHOSEN] = {name: _scenarios(config, target, name) for name in _apis(config, target)}
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(Report(config.getoption("--report"), target), REPORT)


def _apis(config: pytest.Config, target: Target) -> list[str]:
    named = config.getoption("--api")
    chosen = named.split(",") if named else target.apis
    if unknown := sorted(set(chosen) - APIS.keys()):
        raise ValueError(f"there is no API {unknown[0]}; known are {', '.join(APIS)}")
    return [name for name in APIS if name in chosen]


def _scenarios(config: pytest.Config, target: Target, api: str) -> list[Scenario]:
    """Return what to ask: by default what was recorded, or questions for a server with a real model."""
    folder = config.getoption("--scenarios") or (scenarios.RECORDED if target.replays else APIS[api].questions)
    known = APIS[api].load(folder)
    known = scenarios.sample(known) if config.getoption("--sample") else known
    live_upstream = config.getoption("--claude") is not None or not target.replays
    return [each for each in known if not (live_upstream and each.handmade)]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the exact bytes out where answers are not always the same, or of no API that is looked at."""
    if config.option.markexpr == "not slow":  # every check of the suite needs a server
        return True
    recorded = config.stash[TARGET].replays and not config.getoption("--claude")
    wanted = recorded and collection_path.parent.name in config.stash[CHOSEN]
    return True if collection_path.name == "test_wire.py" and not wanted else None


@pytest.fixture(scope="session")
def sessions(pytestconfig: pytest.Config) -> Iterator[Sessions]:
    """Look at one server, with one session for each API."""
    with _address(pytestconfig) as url:
        door = Door(url=url, key=pytestconfig.getoption("--api-key"))
        listed = capture.fetch(door, "GET", "/models")
        if listed.status in (0, 401, 403):
            pytest.exit(f"{url}/models: {f'status {listed.status}, ' if listed.status else ''}{listed.text}", 2)
        target = pytestconfig.stash[TARGET]
        named = target.models or target.replays or pytestconfig.getoption("--scenarios")
        first = None if named else pick(listed.json(), "data", 0, "id") or None
        model = pytestconfig.getoption("--model") or first
        yield {api: Session(door, target, APIS[api].send, model) for api in pytestconfig.stash[CHOSEN]}


@contextmanager
def _address(config: pytest.Config) -> Iterator[str]:
    if url := config.getoption("--base-url"):
        yield url
        return
    cli = config.getoption("--claude")
    folder = config.getoption("--scenarios") or scenarios.RECORDED
    with servers.driving(cli.resolve(), folder) if cli else servers.replaying() as started:
        yield started


@pytest.fixture
def look(sessions: Sessions, request: pytest.FixtureRequest) -> Look:
    """Return what runs an item and says how it ended."""

    def run(api: str, item: Item) -> None:
        found = item.look(sessions[api])
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
