"""The page itself: one file, with a nonce that makes its own style and script the only ones that a browser accepts."""

from __future__ import annotations

import secrets
from pathlib import Path

from sanic import HTTPResponse

_PLACE = b"__NONCE__"
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'nonce-{nonce}'",
        "style-src 'nonce-{nonce}'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # No text becomes HTML or script, whatever a mistake in the page's own script would do with it.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
_HEADERS = {
    "cache-control": "no-store",  # the nonce is good once
    "vary": "accept",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), clipboard-write=(self)",
}


class Document:
    """Makes a response of the page for each request; it holds nothing that is anybody's."""

    def __init__(self) -> None:
        self._parts = Path(__file__).with_name("page.html").read_bytes().split(_PLACE)

    def respond(self) -> HTTPResponse:
        """Return the page with a nonce of its own."""
        nonce = secrets.token_urlsafe(18)
        headers = _HEADERS | {"content-security-policy": _POLICY.format(nonce=nonce)}
        return HTTPResponse(nonce.encode().join(self._parts), headers=headers, content_type="text/html; charset=utf-8")
