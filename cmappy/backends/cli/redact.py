"""Take secrets out of what a program wrote about itself, before it goes to the log (pure)."""

from __future__ import annotations

import re

_SECRETS = re.compile(
    r"""\b(?:sk|pk|ghp|gho|github_pat|xox[abp])[-_][\w-]{8,}      # keys that say what they are
    | \beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?                        # JSON web tokens
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)                            # name and password in a URL
    | (?i:(?<=bearer\ )|(?<=basic\ ))[\w.~+/=-]{6,}
    | (?i:(?<=token[=:])|(?<=key[=:])|(?<=secret[=:])|(?<=password[=:])|(?<=token=")|(?<=key=")
        |(?<=token":")|(?<=key":")|(?<=token:\ )|(?<=key:\ )|(?<=secret:\ )|(?<=password:\ ))[^\s"',;]{4,}
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                               # e-mail addresses
    """,
    re.VERBOSE,
)
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def redact(text: str) -> str:
    """Return a text without keys, tokens, passwords, e-mail addresses and control characters other than line ends."""
    return _SECRETS.sub("[redacted]", _CONTROL.sub("", text))
