"""Whatever is sent, the answer is one of those that are documented, and tells nothing of this machine.

With CMAPPY_FULL in the environment more than 10,000 requests are sent, other ones each time; without, the same few
hundred.
"""

import copy
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmappy import errors
from tests.full import FULL

ROOT = Path(__file__).parents[2]
CHAT = "/v1/chat/completions"
KEY = "the-key-of-this-test"
SILENCE = 0.05  # seconds after which a server that says nothing is taken to wait for more
JSON = {"content-type": "application/json"}


def kinds(kind):
    """Return an error class and all that descend from it."""
    return [kind, *(each for child in kind.__subclasses__() for each in kinds(child))]


FAILURES = {(each.status, each.default_code) for each in kinds(errors.CmappyError)} - {(500, "internal_error")} | {
    (502, "schema_not_followed"),
    (502, "upstream_error"),
}
STATUSES = {200} | {status for status, _ in FAILURES}
PRIVATE = re.compile("|".join(["Traceback", r"\.py\b", *map(re.escape, (str(ROOT), sys.prefix, f"{Path.home()}/"))]))


def some(count):
    """Try so many examples; in full, thirty times as many."""
    return settings(
        max_examples=count * 30 if FULL else count,
        derandomize=not FULL,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class Server:
    """The command, replaying, in a process of its own, with small limits."""

    def __init__(self, *flags):
        limits = ("--max-body=200000", "--max-messages=20", "--max-parts=20")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cmappy", "--replay", "--port=0", "--log-level=warning", *limits, *flags],
            cwd=ROOT,
            env={"PATH": os.defpath, "PYTHONWARNINGS": "error"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = re.search(r"http://\S+(?=/v1)", self._process.stdout.readline())[0]
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def stop(self):
        """Stop it, and return its exit code and what it has complained of."""
        self.client.close()
        self._process.terminate()
        _, stderr = self._process.communicate()
        return self._process.returncode, stderr


@pytest.fixture(scope="module")
def server():
    """Run a server without keys; in the end it must not have complained of anything."""
    server = Server()
    yield server

    assert (0, "") == server.stop()


@pytest.fixture(scope="module")
def locked():
    """Run a server that wants a key; in the end it must not have complained of anything."""
    server = Server(f"--api-key={KEY}")
    yield server

    assert (0, "") == server.stop()


def check(response):
    """Assert that a response is documented, well-formed, and private."""
    assert response.status_code in STATUSES
    assert not PRIVATE.search(response.text)
    assert re.fullmatch("req_[0-9a-f]{24}", response.headers["x-request-id"])
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        check_stream(response.content)
    elif response.status_code != 200 and response.content:
        check_error(response.status_code, response.json())


def check_error(status, body):
    """Assert that an error is OpenAI's, and one of ours if it is the server's fault."""
    assert ["error"] == list(body)
    assert {"message", "type", "param", "code"} == body["error"].keys()
    assert status < 500 or (status, body["error"]["code"]) in FAILURES


def check_stream(content):
    """Assert that a stream ends with `[DONE]`, or with an error and without it."""
    *_, last, rest = content.split(b"\n\n")
    assert b"" == rest
    assert last == b"data: [DONE]" or {"error"} == orjson.loads(last.removeprefix(b"data: ")).keys()


SCENARIOS = [
    orjson.loads(path.read_bytes())["request"] for path in sorted((ROOT / "fixtures/scenarios").glob("*.json"))
]
FIELDS = sorted({name for request in SCENARIOS for name in request} | {"n", "top_p", "user", "functions", "unknown"})
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=9), inner),
    max_leaves=10,
)


def places(value):
    """Yield every container inside a JSON value with each of its keys."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


@st.composite
def bodies(draw):
    """Return a recorded request, with up to three things in it changed, left out, repeated or added."""
    body = copy.deepcopy(draw(st.sampled_from(SCENARIOS))) | {"stream": draw(st.booleans())}
    for _ in range(draw(st.integers(0, 3))):
        where = draw(st.sampled_from([(body, "unknown"), *places(body)]))
        container, key = where
        match draw(st.sampled_from(["change", "change", "leave out", "repeat", "add"])):
            case "leave out" if isinstance(container, dict):
                container.pop(key, None)
            case "repeat" if isinstance(container, list):
                container[key:key] = [container[key]] * draw(st.integers(1, 25))
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from(FIELDS))] = draw(VALUES)
            case _:
                container[key] = draw(VALUES)
    return body


@some(150)
@given(bodies())
def test_requests_that_are_nearly_right(server, body):
    """What clients with mistakes send."""
    check(server.client.post(CHAT, content=json.dumps(body), headers=JSON))


@some(40)
@given(VALUES | st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_json(server, value):
    """Nothing that is JSON is more than a bad request."""
    response = server.client.post(CHAT, content=json.dumps(value), headers=JSON)
    check(response)

    assert response.status_code in {400, 404}


DEEP = [
    b'{"a":' * 5000,
    b"[" * 100_000,
    b'{"messages":[' + b'{"content":[' * 3000,
    b"1" * 100_000,
    b'"' + b"\\u0000" * 9000,
    b"[]," * 60_000,
    b'{"":' * 200 + b"0",
    b'"' * 150_000,
    b'"' + b"\\" * 99_999,
]


@some(40)
@given(st.binary(max_size=300) | st.sampled_from(DEEP), st.sampled_from([b"", b'{"model":"sonnet","messages":']))
def test_any_bytes(server, data, before):
    """Nothing that is not JSON is more than a bad request."""
    response = server.client.post(CHAT, content=before + data, headers=JSON)
    check(response)

    assert response.status_code in {400, 404}


PATHS = ["/", "/health", "/v1/health", "/metrics", "/v1/models", "/v1/models/sonnet", "/v1/capabilities", CHAT]
ODD_PATHS = [
    "//",
    "/v1/../health",
    "/v1/models/%00",
    "/v1/models/%ff",
    "/v1/models//",
    "/%2e%2e/etc/passwd",
    "/?",
    "/v1/models/%",
]
TARGETS = st.sampled_from([*PATHS, *ODD_PATHS]) | st.text(max_size=30).map(lambda text: f"/v1/models/{quote(text)}")
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "X"])
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), min_size=1, max_size=20)
KNOWN = {
    "host": ["localhost", "evil.example", "", "[::1", "localhost:x"],
    "origin": ["null", "https://evil.example"],
    "content-type": ["application/json", "text/plain", "application/json; charset=utf-16", ""],
    "content-encoding": ["gzip", "br"],
    "authorization": ["Bearer", "Bearer x", "Basic eDp4"],
    "x-api-key": ["", "x", "Bearer x"],
    "expect": ["100-continue", "x"],
    "connection": ["close", "upgrade", "x"],
    "upgrade": ["websocket", "h2c"],
    "x-forwarded-host": ["evil.example"],
    "x-http-method-override": ["DELETE"],
    "accept-encoding": ["gzip", "x"],
    "range": ["bytes=0-1"],
    "cookie": ["a=b; c"],
}
HEADERS = st.lists(
    st.sampled_from(sorted(KNOWN)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(KNOWN[name]) | WORDS)),
    max_size=4,
    unique_by=lambda header: header[0],
)


@some(120)
@given(METHODS, TARGETS, HEADERS, st.sampled_from([b"", b"{}", b"x" * 300_000]))
def test_any_method_path_and_headers(server, method, path, headers, body):
    """What scanners and confused proxies send."""
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    try:
        response = server.client.request(method, path, headers=encoded, content=body)
    except (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError):
        return
    check(response)


LINES = st.one_of(
    st.binary(max_size=80),
    st.tuples(METHODS, TARGETS, st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/1.1 ", "", "ICY"])).map(
        lambda parts: " ".join(parts).encode("latin-1", "replace")
    ),
)
RAW_HEADERS = st.sampled_from(
    [
        b"Host: localhost",
        b"Host:localhost",
        b"Host: localhost\r\nHost: evil.example",
        b"Content-Length: 2",
        b"Content-Length: -1",
        b"Content-Length: 1e3",
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: 99999999999999999999",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2",
        b"Content-Type: application/json",
        b"Expect: 100-continue",
        b"Expect: 100-continue\r\nContent-Length: 500000",
        b"Content-Length : 2",
        b"Content-Length: +2",
        b"Content-Length: 2, 2",
        "Content-Length: \uff12".encode(),
        b"Content-Length:\t2\t",
        b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: Chunked",
        b"X: y\nContent-Length: 2",
        b"X: y\rContent-Length: 2",
        b"Origin: http://localhost",
        b"Authorization: Bearer x\r\nx-api-key: y",
        b" folded",
        b"no colon",
        b": no name",
        b"X: \x00\xff",
        b"X: " + b"x" * 20_000,
    ]
)
CHUNKS = st.sampled_from(
    [
        b"",
        b"{}",
        b"2\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b"2;a=b\r\n{}XX0\r\n\r\n",
        b"zz\r\n",
        b"-1\r\n{}\r\n",
        b"2\r\n{}",
        b"0\r\nX: y\r\n\r\n",
    ]
)


def exchange(url, data):
    """Send bytes as they are, and return what comes back until the server has nothing more to say."""
    host, port = url.removeprefix("http://").split(":")
    received = b""
    with socket.create_connection((host, int(port))) as connection:
        connection.settimeout(SILENCE)
        try:
            connection.sendall(data)
            while more := connection.recv(1 << 16):
                received += more
        except OSError:
            pass
    return received.decode("latin-1")


@some(60)
@given(LINES, st.lists(RAW_HEADERS | st.binary(max_size=40), max_size=5), CHUNKS)
def test_any_bytes_on_the_wire(server, line, headers, body):
    """What is not even HTTP: refused, or waited for, or the connection is closed."""
    received = exchange(server.url, b"\r\n".join([line, *headers]) + b"\r\n\r\n" + body)
    statuses = {int(status) for status in re.findall(r"HTTP/1\.1 (\d+) ", received)}

    assert statuses <= STATUSES | {100}
    assert not PRIVATE.search(received)


@some(60)
@given(METHODS, TARGETS, HEADERS, bodies())
def test_without_a_key_there_is_nothing_to_see(locked, method, path, headers, body):
    """Whatever else a request says: no answer, no list of URLs, and of the state only that the server runs."""
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    try:
        response = locked.client.request(method, path, headers=encoded, content=json.dumps(body))
    except (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError):
        return
    check(response)
    is_open = response.url.path.rstrip("/") in {"/health", "/v1/health"}

    assert response.status_code in {400, 401, 403, 413, 417} | ({200, 405, 415} if is_open else set())
    assert response.status_code != 200 or response.content in {b"", b'{"status":"ok"}'}


def test_after_all_that_the_answers_are_right(server):
    """Nothing of it has left a trace."""
    recorded = orjson.loads((ROOT / "fixtures/scenarios/hello.json").read_bytes())
    response = server.client.post(CHAT, json=recorded["request"] | {"stream": False})

    assert recorded["expect"]["content"] == response.json()["choices"][0]["message"]["content"]
