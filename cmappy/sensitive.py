"""What looks like a secret: one list for the log, for what the CLI writes to stderr, and for recordings (pure)."""

from __future__ import annotations

import re

_KEYS = r"""\b(?:
      sk-[\w-]{8,} | (?:sk|pk|rk)_(?:live|test)_\w{12,} | whsec_\w{16,}
    | gh[pousr]_[A-Za-z0-9]{16,} | github_pat_\w{20,} | glpat-[\w-]{16,} | npm_[A-Za-z0-9]{20,} | pypi-[\w-]{20,}
    | hf_[A-Za-z0-9]{20,} | xox[abeoprs]-[\w-]{10,} | AIza[\w-]{30,} | ya29\.[\w-]{20,} | A[KS]IA[A-Z0-9]{16}
    | SG\.[\w-]{16,}\.[\w-]{16,} | eyJ[\w-]{8,}\.[\w-]{6,}(?:\.[\w-]*)? | Bearer\ [\w.~+/-]{12,}=*
    )|-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----"""
_HEADERS = r"(?i:(?<=bearer\ )|(?<=basic\ ))[\w.~+/=-]{6,}"
_ADDRESSES = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_NAMED = r"""(?<=://)[^/\s:@]{1,256}:[^/\s@]{1,256}(?=@)          # name and password in a URL
    | (?i:(?<=token[=:])|(?<=key[=:])|(?<=secret[=:])|(?<=password[=:])|(?<=token=")|(?<=key=")
        |(?<=token":")|(?<=key":")|(?<=token:\ )|(?<=key:\ )|(?<=secret:\ )|(?<=password:\ ))[^\s"',;]{4,}"""
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")

KEY = re.compile(_KEYS, re.VERBOSE)  # no everyday text looks like these
ADDRESS = re.compile(_ADDRESSES)
_ANY = re.compile(f"{_KEYS}|{_HEADERS}|{_NAMED}|{_ADDRESSES}", re.VERBOSE)


def including(secrets: list[str]) -> re.Pattern[str]:
    """Return the pattern of keys and tokens, and of the given texts."""
    known = sorted(map(re.escape, secrets), key=len, reverse=True)
    return re.compile("|".join([*known, _KEYS, _HEADERS]), re.VERBOSE)


def redact(text: str) -> str:
    """Return a text without keys, tokens, passwords, e-mail addresses and control characters other than line ends."""
    return _ANY.sub("[redacted]", _CONTROL.sub("", text))
