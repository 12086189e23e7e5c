"""The guard by itself: every way to be let in, and every advice works."""

import re

import pytest
from sanic.compat import Header

from cmappy.errors import Forbidden, InvalidRequest, NotJson, Unauthorized
from cmappy.server.guard import Guard, is_loopback
from cmappy.settings import Settings

PAGE = "https://chat.example.com"
ASKS = ("access-control-request-method", "POST")
HEAD = b"POST /v1/models HTTP/1.1\r\nhost: localhost"


def admit(guard, *headers, method="POST", path="/v1/models", host="localhost", head=HEAD):
    """Have a request admitted."""
    return guard.admit(method, path, Header([("host", host), *headers]), head)


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer key-1")],
        [("authorization", "bearer  key-1 ")],
        [("x-api-key", "key-1")],
        [("authorization", "Bearer wrong"), ("x-api-key", "key-1")],
        [("authorization", "Basic xyz"), ("x-api-key", "wrong"), ("x-api-key", "key-1")],
    ],
)
def test_one_right_key_is_enough(headers):
    """However it is sent, it is the same owner's."""
    guard = Guard("127.0.0.1", keys=["key-1", "key-2"])

    assert (True, admit(guard, ("x-api-key", "key-1")).owner) == (
        (client := admit(guard, *headers)).known,
        client.owner,
    )


@pytest.mark.parametrize("headers", [[], [("x-api-key", "")], [("authorization", "key-1")], [("x-api-key", "key-12")]])
def test_no_right_key_is_unauthorised_but_where_anybody_may_ask(headers):
    """`/health` tells less instead."""
    guard = Guard("127.0.0.1", keys=["key-1"])
    with pytest.raises(Unauthorized):
        admit(guard, *headers)

    assert not admit(guard, *headers, method="GET", path="/health/").known


def test_keys_tell_owners_apart_where_none_is_needed():
    """Each client has its own conversations."""
    guard = Guard("127.0.0.1")
    owners = {admit(guard, *headers).owner for headers in ([], [("x-api-key", "a")], [("x-api-key", "b")])}

    assert 3 == len(owners)


def test_preflight_needs_no_key():
    """A browser sends none along, and the answer holds nothing."""
    guard = Guard("127.0.0.1", origins=[PAGE], keys=["key-1"])

    assert not admit(guard, ("origin", PAGE), ASKS, method="OPTIONS").known


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("x-one, x-two", "x-one, x-two"),
        ("", "authorization"),
        ("a\x00b", "authorization"),
        ("x" * 1001, "authorization"),
    ],
)
def test_preflight_allows_what_is_asked_if_it_can_be_repeated(wanted, allowed):
    """Otherwise what the SDKs send."""
    headers = Header([("origin", PAGE), ASKS, ("access-control-request-headers", wanted)])
    answer = Guard("127.0.0.1", origins=[PAGE]).preflight("OPTIONS", headers)

    assert answer["access-control-allow-headers"].startswith(allowed)
    assert None is Guard("127.0.0.1").preflight("GET", headers)


@pytest.mark.parametrize(
    ("origins", "origin", "expected"),
    [
        ([], PAGE, set()),
        ([PAGE], "", {"vary"}),
        ([PAGE], "https://other.example", {"vary"}),
        ([PAGE], PAGE, {"vary", "access-control-allow-origin", "access-control-expose-headers"}),
    ],
)
def test_only_allowed_pages_may_read(origins, origin, expected):
    """By the headers of every response."""
    assert set(expected) == set(Guard("127.0.0.1", origins=origins).cors(Header({"origin": origin})))


@pytest.mark.parametrize("host", ["10.1.2.3", "[fe80::1]:80", "localhost"])
def test_server_on_all_addresses_goes_by_each(host):
    """But by no name that it was not given."""
    guard = Guard("0.0.0.0")
    admit(guard, host=host)
    for name in ("evil.example", "0.0.0.0"):
        with pytest.raises(Forbidden):
            Guard("127.0.0.1").admit("GET", "/", Header({"host": name}), HEAD)
    with pytest.raises(Forbidden):
        admit(guard, host="evil.example")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/models HTTP/1.1\r\nhost : localhost",
        b"GET /v1/models HTTP/1.1\r\ncontent-length: +5",
        b"GET /v1/models HTTP/1.1\r\ntransfer-encoding: gzip, chunked",
        b"GET /v1/models HTTP/1.0\r\ntransfer-encoding: chunked",
        b"GET /v1/models HTTP/1.1\nhost: localhost",
    ],
)
def test_head_that_can_be_read_in_two_ways_is_not_read(head):
    """A program in front of this server may see another request in it."""
    with pytest.raises(InvalidRequest, match="well-formed"):
        admit(Guard("127.0.0.1"), head=head)


@pytest.mark.parametrize(
    ("header", "message"),
    [(("content-type", "text/plain"), "must be JSON"), (("content-encoding", "gzip"), "must not be compressed")],
)
def test_body_is_plain_json(header, message):
    """A form of a web page sends something else."""
    with pytest.raises(NotJson, match=message):
        admit(Guard("127.0.0.1"), header)


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "https://evil.example", "app://x", "http://[::1]:3000", "file://", "chat.example.com", ""),
        *("https://a/b", "https://*", "https://a,b", "https://$(id)", "https://a`b", "x" * 200, f"https://{'x' * 200}"),
    ],
)
def test_origin_that_is_advised_lets_the_page_in(origin):
    """An advice that does not work makes a user try it for an hour; one that a shell would run is an attack."""
    with pytest.raises(Forbidden) as refusal:
        admit(Guard("127.0.0.1"), ("origin", origin))
    advised = re.findall(r"`--allow-origin ([^`]*)`", refusal.value.message)
    for each in advised:
        admit(Guard("127.0.0.1", origins=Settings(allow_origin=each).allow_origin), ("origin", origin))

    assert (origin in {"https://evil.example", "app://x", "http://[::1]:3000"}) == bool(advised)
    assert [] == [each for each in advised if set(each) & set("$`(){};&|<>* ,")]


def test_page_without_an_origin_of_its_own_is_told_what_to_do():
    """`null` is everybody's: a sandboxed frame of any web page has it."""
    with pytest.raises(Forbidden, match=r"serve it from `http://localhost`"):
        admit(Guard("127.0.0.1"), ("origin", "null"))
    with pytest.raises(ValueError, match="serve yours from localhost"):
        Settings(allow_origin="null")


@pytest.mark.parametrize("host", ["cmappy.lan", "192.168.1.5:80", "a,b", "evil@localhost", "$(id)", "x" * 200, "[::2]"])
def test_host_that_is_advised_is_answered(host):
    """Just as with origins."""
    with pytest.raises(Forbidden) as refusal:
        admit(Guard("127.0.0.1"), host=host)
    advised = re.findall(r"`--allow-host ([^`]*)`", refusal.value.message)
    for each in advised:
        admit(Guard("127.0.0.1", hosts=Settings(allow_host=each).allow_host), host=host)

    assert (host in {"cmappy.lan", "192.168.1.5:80", "[::2]"}) == bool(advised)


@pytest.mark.parametrize("host", ["", "a b:c", "localhost:", ":80"])
def test_host_that_is_none_is_refused(host):
    """As one that is not there."""
    with pytest.raises(Forbidden, match="one valid `Host`"):
        admit(Guard("127.0.0.1"), host=host)


@pytest.mark.parametrize(("address", "is_one"), [("127.0.0.2", True), ("::1", True), ("10.0.0.1", False), ("x", False)])
def test_loopback_is_this_machine(address, is_one):
    """Nobody else can reach it."""
    assert is_one == is_loopback(address)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("mode", "destination", "enters"),
    [("no-cors", "image", False), ("navigate", "iframe", False), ("navigate", "document", True)],
)
def test_page_of_another_site_may_only_link_here(site, mode, destination, enters):
    """It loads nothing as a part of itself, which a browser does without naming an origin."""
    headers = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", destination)]
    guard = Guard("127.0.0.1")

    if enters:
        assert admit(guard, *headers, method="GET").known
    else:
        with pytest.raises(Forbidden, match="a part of it"):
            admit(guard, *headers, method="GET")
