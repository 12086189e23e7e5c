"""Who may ask: decided from a request's head alone, before its body is read (pure).

A web page can make its visitor's browser send requests to this machine. It cannot keep the browser from naming the
page's own host in `Host` and its origin in `Origin`, so these two are what keeps web pages out. The server's own page
is told by them, too: its origin is the very host that the request is for.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sanic.compat import Header

from cmappy.errors import Forbidden, InvalidRequest, NotJson, Unauthorized
from cmappy.server.page.accept import wants_page

OPEN = frozenset({"/health", "/v1/health"})  # answered without a key, with less
EXPOSED = "*"  # the response headers that a page may read
PREFLIGHT_AGE = 600  # seconds for which a browser remembers the answer to a preflight

# What browsers may send and read along; the official SDKs send all of these.
_REQUEST_HEADERS = ", ".join(
    [
        *("authorization", "content-type", "x-api-key", "anthropic-version", "anthropic-beta"),
        *("anthropic-dangerous-direct-browser-access", "openai-organization", "openai-project", "openai-beta"),
        *(f"x-stainless-{what}" for what in ("arch", "lang", "os", "package-version", "retry-count", "runtime")),
        *(f"x-stainless-{what}" for what in ("runtime-version", "timeout", "helper-method", "poll-helper", "async")),
    ]
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared, not listened on)
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^:\[\]]+))(?::\d{1,5})?")
# Programs in front of this one must not see another request in the same bytes: only what RFC 9112 allows is read.
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEAD = re.compile(
    _TOKEN + rb" [\x21-\x7e]+ HTTP/1\.(?:1|0(?!(?s:.*)\r\ntransfer-encoding:))"
    rb"(?:\r\n" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*)*",
    re.IGNORECASE,
)
_FRAMING = re.compile(
    rb"\r\n(?:content-length:(?![ \t]*[0-9]{1,18}[ \t]*(?:\r|\Z))|transfer-encoding:(?![ \t]*chunked(?:\r|\Z)))",
    re.IGNORECASE,
)
_PLAIN_HOST = re.compile(r"[\w.:-]{1,100}", re.ASCII)
_PLAIN_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[\w.:\[\]-]{1,100}", re.ASCII | re.IGNORECASE)
_TOKENS = re.compile(r"[\w!#$%&'*+.^`|~, -]{1,1000}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. `owner` tells clients with different keys apart, `known` whether this one may see everything."""

    owner: str
    known: bool


class Guard:
    """Lets requests in that name one of the hosts, come from one of the origins or none, and carry one of the keys.

    `bound` is the address that the server listens on. Without keys, no key is asked for.
    """

    def __init__(
        self,
        bound: str,
        *,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        keys: Iterable[str] = (),
        page: bool = False,
    ) -> None:
        self._hosts = _LOOPBACK.union([bound.lower()], (host.lower() for host in hosts)) - _ANY_ADDRESS
        self._any_address = bound in _ANY_ADDRESS
        self._origins = frozenset(origin.lower() for origin in origins)
        self._keys = [_digest(key) for key in keys]
        self._page = page

    def admit(self, method: str, path: str, headers: Header, head: bytes) -> Client:
        """Return who asks; raises InvalidRequest, Forbidden, Unauthorized or NotJson. `head` is what arrived."""
        if not _HEAD.fullmatch(head) or _FRAMING.search(head):
            raise InvalidRequest("The request's line and headers are not well-formed.", code="malformed_header")
        self._check_host(headers.getall("host", []))
        self._check_origin(headers.getall("origin", []), headers["host"])
        _check_site(headers)
        if _is_preflight(method, headers):
            return Client("", known=False)  # a browser sends no key along
        client = self._recognise(headers)
        # The page holds nothing of anybody's; it asks for the key, and then for all that it shows.
        page = self._page and wants_page(method, path, headers.get("accept", ""))
        if not client.known and not page and path.rstrip("/") not in OPEN:
            raise Unauthorized(
                "The API key is missing or wrong. Send one of the keys that the server was started with, "
                "as `Authorization: Bearer KEY` or as `x-api-key: KEY`."
            )
        if method == "POST":
            _check_content(headers.getall("content-type", []), headers.getall("content-encoding", []))
        return client

    def cors(self, headers: Header) -> dict[str, str]:
        """Return the response headers that let a web page read the answer, if it may."""
        if not self._origins:
            return {}
        allowed = {"vary": "origin"}
        origin = headers.get("origin", "")
        if origin.lower() in self._origins:
            allowed |= {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}
        return allowed

    def preflight(self, method: str, headers: Header) -> dict[str, str] | None:
        """Return the headers that answer a browser's preflight; None if the request is none."""
        if not _is_preflight(method, headers):
            return None
        asked = headers.get("access-control-request-headers", "")
        return {
            "access-control-allow-methods": "GET, HEAD, POST, DELETE",
            "access-control-allow-headers": asked if _TOKENS.fullmatch(asked) else _REQUEST_HEADERS,
            "access-control-max-age": str(PREFLIGHT_AGE),
        }

    def _check_host(self, hosts: list[str]) -> None:
        name = _name(hosts[0]) if len(hosts) == 1 else None
        if name is None:
            raise Forbidden("The request must have one valid `Host` header.")
        if name not in self._hosts and not (self._any_address and _is_address(name)):
            cure = (
                f", or start it with `--allow-host {name}` if that is its name" if _PLAIN_HOST.fullmatch(name) else ""
            )
            raise Forbidden(f"This server does not go by the name of `{name[:100]}`. Ask for `localhost`{cure}.")

    def _check_origin(self, origins: list[str], host: str) -> None:
        own = {f"http://{host.lower()}", f"https://{host.lower()}"}  # https: behind a proxy that speaks TLS
        for origin in origins:
            if origin.lower() not in self._origins | own:
                raise Forbidden(f"The web page or app `{origin[:100]}` may not use this server.{_cure(origin)}")

    def _recognise(self, headers: Header) -> Client:
        """Return the client of a key: OpenAI's clients send it as a bearer token, Anthropic's as `x-api-key`."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        keys = [token.strip()] if scheme.lower() == "bearer" else []
        keys += headers.getall("x-api-key", [])
        given = [_digest(key) for key in keys] or [b""]
        # All keys are compared, each in constant time: how long it takes tells nothing of any.
        known = [key for key in given for ours in self._keys if hmac.compare_digest(key, ours)]
        return Client((known or given)[0].hex(), known=bool(known) or not self._keys)


def is_loopback(address: str) -> bool:
    """Return whether an IP address can only be reached from this machine."""
    return _is_address(address) and ipaddress.ip_address(address).is_loopback


def _cure(origin: str) -> str:
    """Return how a user may let a page in; nothing is advised that does not work."""
    if origin == "null":
        return (
            " Pages in files and in sandboxed frames all have the origin `null`, so that none of them can be told from "
            "any other. If the page is yours, serve it from `http://localhost`, and start the server with "
            "`--allow-origin` and its address."
        )
    if _PLAIN_ORIGIN.fullmatch(origin):
        return f" If it is yours, start the server with `--allow-origin {origin}`."
    return ""


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogateescape")).digest()


def _name(host: str) -> str | None:
    """Return the name or address in a `Host` header, None if it is malformed."""
    found = _HOST.fullmatch(host.strip().lower())
    return found and (found[1] or found[2])


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_preflight(method: str, headers: Header) -> bool:
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def _check_site(headers: Header) -> None:
    """Refuse what another site's page loads without naming its origin: as a picture, a script or a frame."""
    if "origin" in headers or headers.get("sec-fetch-site", "none") not in {"cross-site", "same-site"}:
        return
    if headers.get("sec-fetch-mode") != "navigate" or headers.get("sec-fetch-dest") != "document":
        raise Forbidden("A web page may not load this as a part of it. Open it in a window of its own.")


def _check_content(types: list[str], encodings: list[str]) -> None:
    """Refuse what a web page's form could send, and what is compressed; JSON without a declaration is taken."""
    if any(kind.partition(";")[0].strip().lower() != "application/json" for kind in types):
        raise NotJson("The body must be JSON. Send it with `Content-Type: application/json`.")
    if any(encoding.strip().lower() not in {"", "identity"} for encoding in encodings):
        raise NotJson("The body must not be compressed. Send it without `Content-Encoding`.")
