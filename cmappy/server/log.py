"""The log: one line per request, as text or JSON, with secrets blacked out and without anything that was said.

The text of an exception may quote a prompt, so a traceback shows where it was raised and its kind, but its text only
at the level `debug`. What is logged may quote a client, the API or a recording: characters that end a line or control a
terminal are written as escapes, so that nobody writes lines of his own.
"""

from __future__ import annotations

import datetime
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Literal

from cmappy import sensitive
from cmappy.server.trace import Trace

_SECRET_VARIABLES = ("CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_LONGEST = 200  # characters of one value of a request
_WORD = re.compile(r"[\w./:<>@+\[\]-]+", re.ASCII)
_SHORTEST = 4  # characters; blacking out shorter ones would black out half of the log
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

requests = logging.getLogger("cmappy.request")


class Redactor:
    """Blacks out the given secrets, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secret = sensitive.including([secret for secret in secrets if len(secret) >= _SHORTEST])

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        return self._secret.sub("[redacted]", text)


class Text(logging.Formatter):
    """Lines for people."""

    def __init__(self, redact: Redactor, *, verbose: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._redact = redact
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback below it if there is one."""
        return self._redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        """Return the line itself."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 (the name is logging's)
        """Return a traceback."""
        text = super().formatException(ei) if self._verbose or ei[1] is None else "".join(_outline(ei[1])).rstrip()
        return "\n".join(f"  {escaped(line)}" for line in text.split("\n"))  # only what is ours begins a line


class Json(Text):
    """One JSON object per line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        line |= getattr(record, "request", None) or {"message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self._redact(json.dumps(line, default=str))  # this one escapes all that is not ASCII


def configure(level: str, form: Literal["text", "json"], secrets: Iterable[str] = ()) -> None:
    """Have everything that is logged written to stderr."""
    kind = Json if form == "json" else Text
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(kind(Redactor(secrets), verbose=level == "debug"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def report(trace: Trace) -> None:
    """Log a request that has ended."""
    if requests.isEnabledFor(logging.INFO):
        fields = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in trace.record().items()}
        line = " ".join(f"{name}={_shown(value)}" for name, value in fields.items())
        requests.info(line, extra={"request": fields})


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """Return the logins in an environment."""
    return [environment[name] for name in _SECRET_VARIABLES if environment.get(name)]


def escaped(text: str) -> str:
    """Return a text with everything that cannot be printed, as the end of a line, written as an escape."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _shown(value: str | float) -> str:
    """Return a value as one word, quoted if it would be taken for more."""
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value) or "-"
    return text if _WORD.fullmatch(text) else json.dumps(text)


def _outline(error: BaseException) -> list[str]:
    """Return where an exception and its causes were raised, without their texts."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [*_outline(cause), "\n"] if cause else []
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    return [*before, "Traceback (most recent call last):\n", *frames, f"{type(error).__qualname__}\n"]
