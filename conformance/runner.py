"""Runs the suite as a program of its own: pytest does the work, and says nothing itself."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance.common import summary
from conformance.common.report import Report

# pytest's settings are ours alone: neither a file nor a plugin of wherever the command is run plays a part.
_ALONE = ("-c", os.devnull, "-p", "no:terminal", "-p", "no:cacheprovider", "--import-mode=importlib", "-W", "ignore")
_PASSED_ON = ("base_url", "api", "api_key", "model", "target", "scenarios", "report")


class Progress:
    """A pytest plugin in place of its terminal: one line that moves, and in a log a line for each tenth."""

    def __init__(self) -> None:
        self.reason = ""  # why the run ended early
        self.report: Report | None = None
        self._total = self._done = 0
        self._counts: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn how many checks there are."""
        self._total = len(session.items)
        plugin = session.config.pluginmanager.get_plugin("conformance-report")
        self.report = plugin if isinstance(plugin, Report) else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one more, and say so."""
        if report.when == "setup" and report.failed:
            self.reason = str(report.longrepr)
        if report.when != "call":
            return
        if report.failed and not dict(report.user_properties).get("check"):
            self.reason = str(report.longrepr).strip().rpartition("\n")[2]
        self._done += 1
        self._counts[report.outcome] += 1
        line = f"{self._done}/{self._total} checks, {self._counts['failed']} fail"
        if sys.stderr.isatty():
            name = report.nodeid.partition("[")[2].rstrip("]")
            print(
                f"\r{line:30} {name:40.40}", end="" if self._done < self._total else "\n", file=sys.stderr, flush=True
            )
        elif self._done == self._total or self._done * 10 // self._total > (self._done - 1) * 10 // self._total:
            print(line, file=sys.stderr, flush=True)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep why the run was ended."""
        self.reason = str(excinfo.value) or "interrupted"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why nothing could be run."""
        if report.failed:
            self.reason = str(report.longrepr)


def run(flags: argparse.Namespace) -> int:
    """Look at a server and print what was found; returns the exit code."""
    progress = Progress()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    code = pytest.main(_arguments(flags), plugins=[progress])
    if progress.report is None or not progress.report.found:
        if code != pytest.ExitCode.USAGE_ERROR:  # pytest has told what is wrong
            reason = progress.reason or "no check was run"
            print(f"cmappy-conformance: {reason}", file=sys.stderr)
        return 2
    found: dict[str, Any] = progress.report.found
    print(f"\n{flags.base_url}\n{summary.text(found, flags.base_url, flags.report)}")
    if progress.reason:
        print(f"\n{progress.reason}", file=sys.stderr)
        return 2 if code in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR) else 1
    return 1 if summary.fails(found, only_must=flags.only_must) else 0


def _arguments(flags: argparse.Namespace) -> list[str]:
    suite = Path(__file__).parent
    own = {name: getattr(flags, name) for name in _PASSED_ON if getattr(flags, name) is not None}
    # A file is named from where the command is run, which pytest need not be.
    if "target" in own and Path(own["target"]).suffix == ".toml":
        own["target"] = Path(own["target"]).absolute()
    options = [f"--{name.replace('_', '-')}={value}" for name, value in own.items()]
    chosen = [*(("--sample",) if flags.sample else ()), *(("-k", flags.only) if flags.only else ())]
    return [str(suite), "--rootdir", str(suite), *_ALONE, *options, *chosen]
