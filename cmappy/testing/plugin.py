"""The plugin that pytest loads: options, the marker, the fixture `cmappy`, and what is said in the end.

It is loaded in every session of an environment that cmappy is installed in, so it imports nothing of weight.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cmappy.testing.handle import Cmappy, Server

_MODES = ("none", "missing", "rewrite")
_POLICIES = ("ignore", "warn", "fail", "prune")


class _Seen:
    """What a session has seen; in a run with several processes each has its own, and the first adds them up."""

    def __init__(self) -> None:
        self.used: dict[str, list[str]] = {}  # folder -> the names of the recordings that were used
        self.all: dict[str, list[str]] = {}  # folder -> the names of all of them
        self.own: dict[str, bool] = {}  # folder -> whether one test has it for itself
        self.orphans: list[str] = []
        self.notes: list[str] = []
        self.whole = True  # whether everything that was to run has run, and passed

    def add(self, other: dict[str, Any]) -> None:
        """Add what another process has seen."""
        for folder, names in other["used"].items():
            self.used.setdefault(folder, []).extend(names)
        self.all |= other["all"]
        self.own |= other["own"]
        self.orphans += [orphan for orphan in other["orphans"] if orphan not in self.orphans]
        self.notes += [note for note in other["notes"] if note not in self.notes]
        self.whole = self.whole and other["whole"]

    def unused(self) -> list[str]:
        """Return the files that nobody used; of folders that several tests share only if all tests have run."""
        found = [
            str(Path(folder, name))
            for folder, names in self.all.items()
            if self.own[folder] or self.whole
            for name in names
            if name not in self.used.get(folder, ())
        ]
        return sorted({*found, *(self.orphans if self.whole else ())})


_SEEN = pytest.StashKey[_Seen]()
_SERVER = pytest.StashKey["Server"]()
_PASSED = pytest.StashKey[bool]()
_MISSES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("cmappy", "answers of a model from recordings")
    group.addoption(
        "--cmappy-record",
        choices=_MODES,
        default="none",
        help="none: only recorded answers (default; always so where CI is set). missing: ask the CLI for what is not "
        "recorded yet, and keep it. rewrite: ask the CLI for everything.",
    )
    group.addoption("--cmappy-force-record", action="store_true", help="record even where CI is set")
    group.addoption(
        "--cmappy-unused",
        choices=_POLICIES,
        help="what to do about recordings that no test used; prune deletes them",
    )
    parser.addini("cmappy_unused", "as --cmappy-unused", default="warn")
    parser.addini("cmappy_recordings", "the folder of recordings beside the tests", default="recordings")
    parser.addini(
        "cmappy_session",
        "set the variables before tests are imported, for clients made on import",
        "bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "cmappy(recordings=DIR, ignore=[REGEX], redact=[REGEX], match=[PART]): how the fixture cmappy answers a test",
    )
    config.stash[_SEEN] = _Seen()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server before anything is imported, if that is asked for."""
    config = session.config
    runs_tests = hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None)
    if config.getini("cmappy_session") and runs_tests:
        os.environ.update(_variables(_server(config)))


def _mode(config: pytest.Config) -> str:
    chosen: str = config.getoption("--cmappy-record")
    if chosen != "none" and _in_ci() and not config.getoption("--cmappy-force-record"):
        return "none"
    return chosen


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


def _server(config: pytest.Config) -> Server:
    """Return the server of this session, and start it if it does not run yet."""
    if _SERVER not in config.stash:
        from cmappy.testing.handle import Failed, Server

        try:
            config.stash[_SERVER] = Server(dict(os.environ))
        except Failed as error:
            raise pytest.UsageError(str(error)) from None
        config.add_cleanup(config.stash[_SERVER].close)
    return config.stash[_SERVER]


def _variables(server: Server) -> dict[str, str]:
    """Return the variables from which SDKs know whom to ask."""
    local = ",".join(filter(None, [os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")), "127.0.0.1"]))
    return {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_API_KEY": "unused",
        "ANTHROPIC_BASE_URL": server.url,
        "ANTHROPIC_API_KEY": "unused",
        "NO_PROXY": local,
        "no_proxy": local,
    }


@pytest.fixture
def cmappy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[Cmappy, None, None]:
    """Give the test a server that answers from its recordings; the usual variables point the SDKs to it."""
    from cmappy.testing.folders import folder, listed
    from cmappy.testing.handle import Cmappy, Failed

    item, config = request.node, request.config
    place, own = folder(item)
    mode = _mode(config)
    server = _server(config)
    rules = {name: listed(item, name) for name in ("ignore", "redact", "match")}
    failure = ""
    try:
        server.tell("use", folder=str(place), mode=mode, how=_how(item), **rules)
    except Failed as error:
        failure = f"cmappy: {error}"
    if failure:  # not within `except`, whose error pytest would show, too
        pytest.fail(failure, pytrace=False)
    for name, value in _variables(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    yield Cmappy(server)
    report = server.tell("end", prune=own and mode == "rewrite" and item.stash.get(_PASSED, False))
    seen = config.stash[_SEEN]
    seen.notes += report["notes"]
    if item.stash.get(_PASSED, False):
        seen.used.setdefault(str(place), []).extend(report["used"])
        seen.all[str(place)], seen.own[str(place)] = report["all"], own
        if misses := [asked["error"] for asked in report["asked"] if asked["missed"]]:
            pytest.fail("\n\n".join(misses), pytrace=False)
    else:
        seen.whole = False


def _how(item: pytest.Item) -> str:
    return f"pytest --cmappy-record=missing {item.nodeid}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether a test passed, and show what no recording answered."""
    report = yield
    if call.when == "call" and _SERVER in item.config.stash and "cmappy" in getattr(item, "fixturenames", ()):
        item.stash[_PASSED] = report.passed
        from cmappy.testing.handle import Failed

        try:
            asked = item.config.stash[_SERVER].tell("report")["asked"]
        except Failed as error:
            report.sections.append(("cmappy", str(error)))
        else:
            if missed := [one["error"] for one in asked if one["missed"]]:
                report.sections.append(("cmappy: no recording", "\n\n".join(missed)))
    if not report.passed:
        item.config.stash[_SEEN].whole = False
    return report


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Take down that not all tests run."""
    if items:
        items[0].config.stash[_SEEN].whole = False


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look for recordings that belong to no test any more."""
    asking = [item for item in session.items if "cmappy" in getattr(item, "fixturenames", ())]
    seen = session.config.stash[_SEEN]
    if any("::" in argument for argument in session.config.args):
        seen.whole = False
    if asking and not session.config.option.collectonly:
        from cmappy.testing.folders import folder, orphans

        seen.orphans = [str(path) for path in orphans(asking, [folder(item)[0] for item in asking])]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Add what one of several processes has seen."""
    told = getattr(node, "workeroutput", {}).get("cmappy")
    if told:
        node.config.stash[_SEEN].add(told)
    else:
        node.config.stash[_SEEN].whole = False


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if there is an unused recording, and that is a failure."""
    config, seen = session.config, session.config.stash[_SEEN]
    if hasattr(config, "workeroutput"):
        config.workeroutput["cmappy"] = vars(seen)
    elif _policy(config) == "fail" and seen.unused() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was recorded, what looks like a secret, and what nobody used."""
    seen = config.stash[_SEEN]
    told = list(dict.fromkeys(seen.notes))
    if seen.all and config.getoption("--cmappy-record") != _mode(config):
        told.append("nothing was recorded, because CI is set; --cmappy-force-record records all the same")
    told += _about_unused(seen.unused(), _policy(config), config.rootpath)
    if told:
        terminalreporter.section("cmappy")
        for line in told:
            terminalreporter.line(line)


def _about_unused(unused: list[str], policy: str, top: Path) -> list[str]:
    """Return what is said of unused recordings, and delete them if that is the policy."""
    if policy == "ignore" or not unused:
        return []
    names = [os.path.relpath(path) for path in unused]
    if policy == "prune":
        from cmappy.recording.folder import delete

        delete(map(Path, unused), top)
        return [f"deleted: {name}" for name in names]
    fails = "This fails the run (--cmappy-unused=fail). " if policy == "fail" else ""
    cure = f"{fails}`pytest --cmappy-unused=prune` deletes what no test uses."
    return [*(f"unused: {name}" for name in names), cure]


def _policy(config: pytest.Config) -> str:
    return config.getoption("--cmappy-unused") or str(config.getini("cmappy_unused"))
