"""The `cmappy-conformance` command: looks at any server, without a checkout."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_EXIT = """exit codes: 0 all checks pass; 1 a check fails; 2 the server cannot be looked at, or wrong use"""


def main(argv: Sequence[str] | None = None) -> None:
    """Look, tell, and exit with the code that CI needs."""
    parser = _parser()
    try:
        from conformance.runner import run  # it needs the SDKs and pytest
    except ModuleNotFoundError as error:
        parser.exit(2, f"cmappy-conformance needs {error.name}: pip install 'cmappy[conformance]'\n")

    flags = parser.parse_args(argv)
    if flags.list:
        import conformance.apis  # noqa: F401 - registers all checks
        from conformance.common import summary

        sys.stdout.write(summary.checks())
        return
    if not flags.base_url:
        parser.error("--base-url is needed: the address of the server, such as http://127.0.0.1:8000/v1")
    sys.exit(run(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cmappy-conformance",
        description="Ask a server what real clients ask, and hold its answers against the API reference and the "
        "official SDK. It says what to mend first.",
        epilog=_EXIT,
    )
    parser.add_argument("--base-url", metavar="URL", help="the server, as for the SDK: http://127.0.0.1:8000/v1")
    parser.add_argument("--api", metavar="NAME,...", help="the APIs (default: what the target speaks, or chat)")
    key = os.environ.get("OPENAI_API_KEY", "unused")
    parser.add_argument("--api-key", metavar="KEY", default=key, help="its key (default: $OPENAI_API_KEY, or none)")
    parser.add_argument("--model", metavar="NAME", help="its model (default: the first that it lists)")
    parser.add_argument(
        "--target", metavar="FILE", help="a .toml file that says what it offers (default: text, models and errors)"
    )
    parser.add_argument("--scenarios", metavar="DIR", type=Path, help="what to ask (default: questions for any model)")
    parser.add_argument("--only", metavar="ID", help="only the checks whose id has this text, such as stream.")
    parser.add_argument("--sample", action="store_true", help="one request for each kind of answer: faster")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write FILE.json, FILE.md and FILE.xml (JUnit)")
    parser.add_argument("--only-must", action="store_true", help="exit with 0 where nothing but a `should` fails")
    parser.add_argument("--list", action="store_true", help="print all checks with what they stand on")
    return parser


if __name__ == "__main__":
    main()
