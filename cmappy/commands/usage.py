"""`cmappy usage`: what was used in each hour of the last week, from the running server or from a file."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from cmappy import settings
from cmappy.commands.options import flag
from cmappy.commands.sources import load
from cmappy.server.history.counts import oldest, report
from cmappy.server.history.history import midnight
from cmappy.server.history.ledger import BadHistory, Ledger
from cmappy.settings import Settings

_PATIENCE = 10  # seconds
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (addresses of a server that listens on all of them)
_COLUMNS = {
    "answers": "answers",
    "errors": "errors",
    "fresh_tokens": "fresh",
    "cache_read_tokens": "cache read",
    "cache_written_tokens": "cache written",
    "output_tokens": "output",
    "list_price": "list price",
}


class _NoUsage(Exception):
    """There is nothing to show; the message says why and what to do."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Print the usage; returns 1 if there is neither a server nor a file that could tell it."""
    effective = load(vars(options), settings.environment())
    chosen = effective.settings
    try:
        from_file = effective.origins.get("history") == flag("history")
        told = _from_file(chosen) if from_file else _from_server(chosen)
    except _NoUsage as error:
        print(f"cmappy: {error}", file=sys.stderr)
        return 1
    print(json.dumps(told, indent=2) if options.json else _table(told))
    return 0


def _from_file(chosen: Settings) -> dict[str, Any]:
    now = time.time()
    if chosen.history is None:
        raise _NoUsage("Name a file: --history FILE.")
    try:
        return report(Ledger(chosen.history).read(oldest(now)), midnight(now))
    except BadHistory as error:
        raise _NoUsage(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise _NoUsage(f"{chosen.history} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _from_server(chosen: Settings) -> dict[str, Any]:
    host = _ANY.get(chosen.host, chosen.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{chosen.port}/usage"
    request = urllib.request.Request(url)
    for key in chosen.api_keys()[:1]:
        request.add_header("authorization", f"Bearer {key}")
    try:
        # Without the proxies of the environment: the key is for this very server.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_PATIENCE) as response:
            told: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 401:
            raise _NoUsage(f"The server at {url} asks for a key. Set CMAPPY_API_KEY or --api-key.") from error
        raise _NoUsage(f"{url} answers with {error.code}. Is it a cmappy of this version?") from error
    except (OSError, ValueError) as error:
        raise _NoUsage(
            f"No cmappy answers at {url}. Start it, check --host and --port, or name a file with --history."
        ) from error
    if not isinstance(told, dict) or told.get("object") != "usage":
        raise _NoUsage(f"What answers at {url} is no cmappy of this version.")
    return told


def _table(told: dict[str, Any]) -> str:
    """Return the hours in which something was used, and what they add up to."""
    rows = [["hour", *_COLUMNS.values()]]
    rows += [[time.strftime("%a %d %b %H:00", time.localtime(hour["hour"])), *_cells(hour)] for hour in told["hours"]]
    rows += [["today", *_cells(told["today"])], ["7 days", *_cells(told["week"])]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([*lines, "", "The list price is what the CLI says an API key would have been billed."])


def _cells(counts: dict[str, Any]) -> list[str]:
    return [f"${counts[name]:.2f}" if name == "list_price" else f"{counts[name]:,}" for name in _COLUMNS]
