"""Who may ask: local programs and nobody else, unless the user says so."""

import hashlib
import hmac
import subprocess
import sys
from pathlib import Path

import pytest

from cmappy.errors import Forbidden
from cmappy.server.sockets import listen
from cmappy.settings import Settings

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}
ROOT = Path(__file__).parents[2]
PAGE = "https://chat.example.com"
KEY, OTHER = "key-of-one-client", "key-of-another-client"
BODY = b'{"model":"sonnet","messages":[{"role":"user","content":"Hi"}]}'


def told(response):
    """Return what a client branches on."""
    return response.status_code, response.json()["error"]["code"]


def bearer(key):
    """Return the header that carries a key."""
    return {"authorization": f"Bearer {key}"}


LOCAL = ["localhost", "localhost:3456", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:3456"]
FOREIGN = [
    *("evil.example", "evil.example:3456", "localhost.evil.example", "127.0.0.1.nip.io", "localhost.", "192.168.1.5"),
    *("0.0.0.0", "[::2]", "", "localhost, evil.example", "evil@localhost", "localhost/evil", "[localhost]", "::1"),
    *("localhost:", "localhost:123456", "loc alhost", "127.1", "2130706433"),
]


@pytest.mark.parametrize("host", LOCAL)
async def test_this_machines_names_are_answered(client, host):
    """The port does not matter: behind a port mapping it is another one."""
    assert 200 == (await client.post(CHAT, json=HELLO, headers={"host": host})).status_code


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/health", "/v1/models", "/metrics", "/nothing"])
async def test_foreign_names_are_refused(client, path, host):
    """A page whose name is made to lead to this machine (DNS rebinding) still has its own name in `Host`."""
    assert (403, "forbidden") == told(await client.get(path, headers={"host": host}))


async def test_refusal_of_a_name_costs_nothing(client, backend):
    """A rebound page gets no answer of the model's."""
    await client.post(CHAT, json=HELLO, headers={"host": "evil.example:3456", "origin": "http://evil.example:3456"})

    assert [] == backend.turns


@pytest.mark.parametrize("hosts", [b"", b"Host: localhost\r\nHost: localhost\r\n"], ids=["none", "two"])
async def test_host_must_be_there_once(url, send_raw, hosts):
    """What different programs would read differently is not read at all."""
    head = await send_raw(url, b"GET /health HTTP/1.1\r\n" + hosts + b"\r\n")

    assert head.startswith("HTTP/1.1 403 ")


@pytest.mark.parametrize("host", ["cmappy.lan", "CMAPPY.lan:3456", "proxy.example"])
async def test_allowed_names_are_answered(connect, host):
    """Behind a reverse proxy, or in a network of containers, the server has other names."""
    client = await connect(allow_host="cmappy.lan,proxy.example")

    assert 200 == (await client.get("/health", headers={"host": host})).status_code


@pytest.mark.parametrize(
    ("host", "status"),
    [("192.168.1.5:3456", 200), ("[2001:db8::1]", 200), ("evil.example", 403), ("1.2.3.4.evil.example", 403)],
)
async def test_server_on_all_addresses_answers_to_any_address(connect, host, status):
    """An address cannot be rebound; a name can."""
    client = await connect(host="0.0.0.0", api_key=KEY)

    assert status == (await client.get("/health", headers={"host": host})).status_code


async def test_bound_address_is_answered(connect):
    """Who binds one address of the network calls the server by it."""
    client = await connect(host="192.168.1.5", api_key=KEY)

    statuses = [
        (await client.get("/health", headers={"host": host})).status_code for host in ("192.168.1.5", "10.0.0.1")
    ]

    assert [200, 403] == statuses


ORIGINS = ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1", "file://", "app://x", ""]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/health"), ("GET", "/nothing"), ("POST", CHAT), ("OPTIONS", CHAT)]
)
async def test_web_pages_are_refused(client, backend, method, path, origin):
    """Whatever page is open in the browser, even one of this machine's, it may not use the login."""
    response = await client.request(method, path, content=BODY, headers={"origin": origin})

    assert (403, "forbidden", []) == (*told(response), backend.turns)


async def test_web_pages_get_no_cors_headers(client):
    """Without them no page can read the refusal either."""
    headers = (await client.get("/health", headers={"origin": "https://evil.example"})).headers

    assert [] == [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_allowed_page_may_ask_and_read(connect, stream):
    """The official SDK in a browser needs the origin named, and reads our headers."""
    client = await connect(allow_origin=PAGE)
    response = await client.post(CHAT, json=HELLO | {"stream": stream}, headers={"origin": PAGE})

    assert (200, PAGE, "origin", "*") == (
        response.status_code,
        response.headers["access-control-allow-origin"],
        response.headers["vary"],
        response.headers["access-control-expose-headers"],
    )


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [("GET", "/nothing", KEY, 404), ("POST", CHAT, KEY, 400), ("POST", CHAT, "wrong", 401), ("PUT", CHAT, KEY, 405)],
)
async def test_allowed_page_may_read_errors(connect, method, path, key, status):
    """Otherwise the browser shows nothing but `Network error`."""
    client = await connect(allow_origin=PAGE, api_key=KEY)
    response = await client.request(method, path, json={}, headers={"origin": PAGE} | bearer(key))

    assert (status, PAGE) == (response.status_code, response.headers["access-control-allow-origin"])


@pytest.mark.parametrize("origin", [f"{PAGE}.evil.example", "http://chat.example.com", f"{PAGE}:8443", "null"])
async def test_other_pages_stay_refused(connect, origin):
    """An origin is scheme, name and port, all of them."""
    client = await connect(allow_origin=PAGE)

    assert (403, "forbidden") == told(await client.get("/health", headers={"origin": origin}))


async def test_second_origin_is_not_overlooked(connect, send_raw):
    """A request with an allowed and another origin comes from no browser."""
    client = await connect(allow_origin=PAGE)
    request = f"GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: {PAGE}\r\nOrigin: https://evil.example\r\n\r\n"

    assert (await send_raw(str(client.base_url).rstrip("/"), request.encode())).startswith("HTTP/1.1 403 ")


async def test_preflight_of_an_allowed_page_is_answered_without_a_key(connect):
    """A browser asks first, and sends no key with that."""
    client = await connect(allow_origin=PAGE, api_key=KEY)
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,x-stainless-os"}
    response = await client.options(CHAT, headers={"origin": PAGE} | asks)

    answered = [response.headers[f"access-control-allow-{what}"] for what in ("origin", "methods", "headers")]

    assert (204, PAGE, "GET, HEAD, POST, DELETE", "authorization,x-stainless-os") == (response.status_code, *answered)


async def test_preflight_of_another_page_is_refused(connect):
    """The browser then does not send the request itself."""
    client = await connect(allow_origin=PAGE)
    asks = {"origin": "https://evil.example", "access-control-request-method": "POST"}

    assert (403, "forbidden") == told(await client.options(CHAT, headers=asks))


SENT_BY_SDKS = {
    *("authorization", "content-type", "x-api-key", "anthropic-version", "anthropic-beta"),
    *(f"x-stainless-{what}" for what in ("arch", "lang", "os", "package-version", "retry-count", "runtime")),
    *("x-stainless-runtime-version", "x-stainless-timeout", "anthropic-dangerous-direct-browser-access"),
}


@pytest.mark.parametrize("asked", ["", "x: y", "a" * 2000, "ü"])
async def test_preflight_repeats_no_nonsense(connect, asked):
    """Only names of headers are echoed."""
    client = await connect(allow_origin=PAGE)
    asks = {"access-control-request-method": "POST", "access-control-request-headers": asked.encode()}
    response = await client.options(CHAT, headers={"origin": PAGE} | asks)

    assert SENT_BY_SDKS <= set(response.headers["access-control-allow-headers"].split(", "))


@pytest.mark.parametrize("declared", [None, "application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_taken(client, declared):
    """With or without a declaration."""
    headers = {"content-type": declared} if declared else {}

    assert 200 == (await client.post(CHAT, content=BODY, headers=headers)).status_code


FORMS = [
    *("text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("", "application/jsonp", "text/json", "application/octet-stream", "application/json, text/plain"),
]


@pytest.mark.parametrize("declared", FORMS)
async def test_anything_but_json_is_refused(client, backend, declared):
    """A form can be posted across sites without a preflight; `curl -d` alone declares one, too."""
    response = await client.post(CHAT, content=BODY, headers={"content-type": declared})

    assert (415, "unsupported_media_type", []) == (*told(response), backend.turns)


async def test_second_declaration_is_not_overlooked(client, backend):
    """What another program might take for a form is not taken for JSON."""
    twice = [("content-type", "application/json"), ("content-type", "text/plain")]
    response = await client.post(CHAT, content=BODY, headers=twice)

    assert (415, "unsupported_media_type", []) == (*told(response), backend.turns)


@pytest.mark.parametrize("key", [KEY, OTHER])
async def test_each_key_opens(connect, key):
    """There can be one for each client."""
    client = await connect(api_key=f"{KEY},{OTHER}")

    assert 200 == (await client.post(CHAT, json=HELLO, headers=bearer(key))).status_code


WRONG = [
    {},
    {"authorization": "Bearer"},
    bearer("wrong"),
    bearer(KEY[:-1]),
    bearer(f"{KEY}x"),
    bearer(f"{KEY},{OTHER}"),
    bearer(KEY.upper()),
    bearer(hashlib.sha256(KEY.encode()).hexdigest()),
    {"authorization": KEY},
    {"authorization": f"Basic {KEY}"},
    {"authorization": b"Bearer \xff\xfe"},
    {"x-api-key": "wrong"},
    {"x-api-key": f"Bearer {KEY}"},
    {"x-api-key": ""},
    bearer("wrong") | {"x-api-key": "wrong"},
    {"api-key": KEY},
]


@pytest.mark.parametrize("headers", WRONG)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", CHAT),
        ("GET", "/v1/models"),
        ("GET", "/metrics"),
        ("GET", "/"),
        ("GET", "/nothing"),
        ("PUT", "/health/x"),
    ],
)
async def test_wrong_key_is_a_401_everywhere(connect, backend, method, path, headers):
    """Whoever has no key does not even learn which URLs there are."""
    client = await connect(api_key=f"{KEY},{OTHER}")
    response = await client.request(method, path, content=BODY, headers=headers)

    assert (401, "invalid_api_key", "Bearer", []) == (
        *told(response),
        response.headers["www-authenticate"],
        backend.turns,
    )


@pytest.mark.parametrize(
    "headers",
    [{"x-api-key": KEY}, {"X-Api-Key": KEY} | bearer("of another service"), {"x-api-key": "none"} | bearer(KEY)],
)
async def test_anthropics_header_for_keys_is_taken_too(connect, backend, headers):
    """Clients of the Messages API have a header of their own for it; the owner is the same as by the other header."""
    client = await connect(api_key=f"{KEY},{OTHER}")
    for each in (headers, bearer(KEY)):
        await client.post(CHAT, json=HELLO, headers=each)

    assert (2, 1) == (len(backend.owners), len(set(backend.owners)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
async def test_key_file_may_come_from_windows(connect, tmp_path, encoding):
    """Its editors begin a file with a byte order mark, and end lines with two characters."""
    (tmp_path / "keys").write_text(f"{KEY}\r\n{OTHER}\r\n", encoding=encoding, newline="")
    client = await connect(api_key_file=tmp_path / "keys")

    statuses = [(await client.get("/v1/models", headers=bearer(key))).status_code for key in (KEY, OTHER)]

    assert [200, 200] == statuses


def test_key_file_that_is_no_text_is_refused(tmp_path):
    """A picture is not a list of keys."""
    (tmp_path / "keys").write_bytes(b"\xff\xfe\x00key")
    with pytest.raises(ValueError, match="UTF-8"):
        Settings(api_key_file=tmp_path / "keys")


async def test_keys_come_from_a_file_too(connect, tmp_path):
    """A flag can be read in the list of processes; a file need not."""
    (tmp_path / "keys").write_text(f"# my clients\n\n {KEY} \n{OTHER}\n")
    client = await connect(api_key_file=tmp_path / "keys")

    statuses = [
        (await client.get("/v1/models", headers=bearer(key))).status_code for key in (KEY, OTHER, "# my clients")
    ]

    assert [200, 200, 401] == statuses


async def test_every_key_is_compared_in_constant_time(connect, monkeypatch):
    """Neither a matching beginning nor the place in the list may be told by the time that an answer takes."""
    client = await connect(api_key=f"{KEY},{OTHER}")
    compared = []
    original = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda ours, theirs: compared.append(1) or original(ours, theirs))
    for key in (KEY, OTHER, "wrong"):
        await client.get("/v1/models", headers=bearer(key))

    assert 6 == len(compared)


@pytest.mark.parametrize("path", ["/health", "/health/", "/v1/health"])
@pytest.mark.parametrize("headers", [{}, bearer("wrong")], ids=["no key", "wrong key"])
async def test_health_reveals_nothing_without_the_key(connect, path, headers):
    """A load balancer only needs to know that the server runs; versions and login are nobody else's business."""
    client = await connect(api_key=KEY)
    response = await client.get(path, headers=headers)

    assert (200, {"status": "ok"}) == (response.status_code, response.json())


async def test_health_tells_all_with_the_key(connect):
    """The user's own monitoring has a key."""
    client = await connect(api_key=KEY)

    assert "oauth_token" == (await client.get("/health", headers=bearer(KEY))).json()["login"]


async def test_owner_of_a_turn_is_its_clients_key(connect, backend):
    """Clients with different keys never share a conversation's process; the key itself goes no further."""
    client = await connect(api_key=f"{KEY},{OTHER}")
    for key in (KEY, OTHER, KEY):
        await client.post(CHAT, json=HELLO, headers=bearer(key))

    first, second, third = backend.owners

    assert (True, False, False) == (first == third, first == second, KEY in "".join(backend.owners))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["localhost:3456", "127.0.0.1:8080", "[::1]:3456", "LocalHost", "cmappy.lan"])
async def test_own_page_may_ask(connect, backend, host, scheme):
    """What this server itself has sent to the browser comes from the very host that it asks."""
    client = await connect(allow_host="cmappy.lan")
    headers = {"host": host, "origin": f"{scheme}://{host.lower()}"}
    response = await client.post(CHAT, json=HELLO, headers=headers)

    assert (200, 1) == (response.status_code, len(backend.turns))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example:3456", "http://evil.example:3456"),
        ("evil.example", "http://evil.example"),
        ("localhost:3456", "http://localhost:3000"),
        ("localhost:3456", "http://localhost"),
        ("localhost", "http://localhost:3456"),
        ("localhost:3456", "http://127.0.0.1:3456"),
        ("localhost:3456", "http://localhost:3456.evil.example"),
        ("localhost:3456", "http://localhost:34567"),
        ("localhost:3456", "http://evil.example@localhost:3456"),
        ("localhost:3456", "http://localhost:3456/"),
        ("localhost:3456", "ftp://localhost:3456"),
        ("localhost:3456", "localhost:3456"),
        ("localhost:3456", "http://"),
        ("localhost:3456", "null"),
        ("localhost:3456", ""),
        ("localhost:3456", "http://localhost:3456, https://evil.example"),
    ],
)
async def test_only_the_own_page_is_the_own_page(client, backend, host, origin):
    """Another port of this machine is another program, and a rebound name is another page."""
    response = await client.post(CHAT, json=HELLO, headers={"host": host, "origin": origin})

    assert (403, "forbidden", []) == (*told(response), backend.turns)


async def test_own_page_beside_another_origin_is_refused(url, send_raw):
    """No browser sends two."""
    host = url.removeprefix("http://").encode()
    request = b"GET /health HTTP/1.1\r\nHost: %b\r\nOrigin: http://%b\r\nOrigin: null\r\n\r\n" % (host, host)

    assert (await send_raw(url, request)).startswith("HTTP/1.1 403 ")


HARDENED = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/models", b""),
        ("GET", "/health", b""),
        ("GET", "/nothing", b""),
        ("PUT", CHAT, b""),
        ("POST", CHAT, BODY),
        ("POST", CHAT, BODY[:-1] + b',"stream":true}'),
        ("POST", CHAT, b"{"),
    ],
)
async def test_nothing_can_be_loaded_into_another_page(client, method, path, body):
    """As a script or a picture a page may load anything without asking; the browser keeps these answers from it."""
    response = await client.request(method, path, content=body)

    assert HARDENED.items() <= dict(response.headers).items()


async def test_refusals_cannot_be_loaded_either(client, send_raw):
    """They show that there is a server."""
    response = await client.get("/v1/models", headers={"origin": "https://evil.example"})
    unreadable = await send_raw(str(client.base_url).rstrip("/"), b"GARBAGE\r\n\r\n")

    assert HARDENED.items() <= dict(response.headers).items()
    assert all(f"{name}: {value}" in unreadable for name, value in HARDENED.items())


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "GZIP", "identity, gzip", "x"])
async def test_compressed_bodies_are_refused(client, backend, encoding):
    """A small body that becomes a large one is not read; the message says what to leave out."""
    response = await client.post(CHAT, content=BODY, headers={"content-encoding": encoding})

    assert (415, "unsupported_media_type", []) == (*told(response), backend.turns)
    assert "Content-Encoding" in response.json()["error"]["message"]


@pytest.mark.parametrize("encoding", ["identity", ""])
async def test_body_that_is_declared_as_it_is_is_taken(client, encoding):
    """Some proxies declare that."""
    assert 200 == (await client.post(CHAT, content=BODY, headers={"content-encoding": encoding})).status_code


def test_guard_stands_in_an_optimised_python():
    """Whoever sets PYTHONOPTIMIZE wants a faster server, not an open one."""
    command = [
        sys.executable,
        "-OO",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestWarning",
    ]
    attacks = "foreign_names and models or key_is_a_401 and POST or web_pages_are_refused and null or refused_requests"
    done = subprocess.run([*command, __file__, "-k", attacks], cwd=ROOT, capture_output=True, text=True)

    assert (0, True) == (done.returncode, " passed" in done.stdout), done.stdout


HUGE = b"Content-Type: application/json\r\nContent-Length: 50000000\r\n"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Host: evil.example\r\n", 403),
        (b"Host: localhost\r\nOrigin: https://evil.example\r\n", 403),
        (b"Host: localhost\r\n", 401),
    ],
    ids=["host", "origin", "key"],
)
async def test_refused_requests_are_not_read(connect, send_raw, headers, status):
    """The answer is there before a byte of the body: nobody fills the memory of a server that he may not use."""
    client = await connect(api_key=KEY)
    request = b"POST " + CHAT.encode() + b" HTTP/1.1\r\n" + headers + HUGE + b"\r\n"

    assert (await send_raw(str(client.base_url).rstrip("/"), request)).startswith(f"HTTP/1.1 {status} ")


async def test_huge_header_is_refused(client, backend):
    """A header is read in one piece, so its size has a limit of its own."""
    response = await client.post(CHAT, json=HELLO, headers={"x-long": "x" * 20_000})

    assert (431, "header_too_large", []) == (*told(response), backend.turns)


@pytest.mark.parametrize("line", [b"GARBAGE", b"GET http://[ ICY", b"GET  HTTP/1.1", b"\xff\xfe \xff HTTP/1.1"])
async def test_unreadable_request_is_a_400(url, send_raw, line):
    """There is no `Host` in it, and that is not its first mistake."""
    assert (await send_raw(url, line + b"\r\n\r\n")).startswith("HTTP/1.1 400 ")


PART = {"type": "text", "text": "Hi"}
TOOL = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({"messages": HELLO["messages"] * 6}, 413, "request_too_large", "messages"),
        ({"messages": [{"role": "user", "content": [PART] * 8}]}, 413, "request_too_large", "messages"),
        ({"messages": [{"role": "user", "content": [PART] * 4}] * 2}, 413, "request_too_large", "messages"),
    ],
    ids=["messages", "parts of one message", "parts of all messages"],
)
async def test_requests_have_limits(connect, backend, fields, status, code, param):
    """Small things in large numbers are work, too."""
    client = await connect(max_messages=5, max_parts=7)
    response = await client.post(CHAT, json=HELLO | fields)

    assert (status, code, param, []) == (*told(response), response.json()["error"]["param"], backend.turns)


async def test_request_at_the_limits_is_taken(connect):
    """A limit of five allows five."""
    client = await connect(max_messages=5, max_parts=7)
    messages = [{"role": "user", "content": [PART] * 7}] + HELLO["messages"] * 4

    assert 200 == (await client.post(CHAT, json=HELLO | {"messages": messages})).status_code


async def test_tools_are_taken_in_any_number(connect):
    """The model has no limit of 128, which is OpenAI's; their bytes count."""
    tools = [TOOL | {"function": {"name": f"f{at}"}} for at in range(129)]

    assert 200 == (await (await connect()).post(CHAT, json=HELLO | {"tools": tools})).status_code


def addresses(listeners):
    """Return where sockets listen, and close them."""
    found = {listener.getsockname()[0] for listener in listeners}
    for listener in listeners:
        listener.close()
    return found


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_network_is_not_served_without_a_key(host):
    """The refusal names the command that would be safe."""
    with pytest.raises(Forbidden, match=f"cmappy --host {host} --api-key "):
        listen(host, 0, keyed=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_loopback_needs_no_key(host):
    """What only this machine can reach is served without."""
    assert addresses(listen(host, 0, keyed=False)) <= {"127.0.0.1", "127.0.0.2", "::1"}


def test_network_is_served_with_a_key():
    """Then everybody has to show it."""
    assert {"0.0.0.0"} == addresses(listen("0.0.0.0", 0, keyed=True))


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": ","},
        {"api_key": f"{KEY},"},
        {"api_key_file": "/nonexistent/keys"},
        {"allow_origin": "*"},
        {"allow_origin": "null"},
        {"allow_origin": "chat.example.com"},
        {"allow_origin": "https://chat.example.com/page"},
    ],
)
def test_settings_that_would_open_by_mistake_are_refused(wrong):
    """An empty key, or a wildcard, is never what somebody wants."""
    with pytest.raises(ValueError, match=r"api_key|allow_origin"):
        Settings(**wrong)


def test_key_file_without_a_key_is_refused(tmp_path):
    """An empty file would otherwise mean that everybody may ask."""
    (tmp_path / "keys").write_text("# none yet\n")
    with pytest.raises(ValueError, match="there is no key"):
        Settings(api_key_file=tmp_path / "keys")


def test_keys_are_not_shown_with_the_settings():
    """Settings end up in bug reports."""
    assert KEY not in repr(Settings(api_key=KEY))
