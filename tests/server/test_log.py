"""The log: one line per request, and never what was said."""

import asyncio
import logging
import shlex
import sys

import orjson
import pytest

from cmappy.answer import Routed
from cmappy.errors import CliFailed
from cmappy.server.log import Json, Redactor, Text, configure, report, secrets_in
from cmappy.server.trace import Trace

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
SECRET = "prompt-that-nobody-may-read"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": SECRET}]}
KINDS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture
def lines(caplog):
    """Return what returns the requests that the log has told so far."""
    caplog.set_level("INFO")
    return lambda: [record.request for record in caplog.records if record.name == "cmappy.request"]


@pytest.fixture
def written(capsys, caplog):
    """Return what has the log written as the command does, and returns what was written."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    caplog.set_level("WARNING", logger="httpx")  # the tests' own client

    def written(level="info", form="text", secrets=()):
        configure(level, form, secrets)
        return lambda: capsys.readouterr().err

    yield written
    root.handlers[:], root.level = before


@KINDS
async def test_answer_is_one_line_with_all_that_one_wants_to_know(client, lines, backend, stream):
    """Who, what, by which way, how much, how long."""
    backend.steps = [Routed("warm"), *backend.steps]
    response = await client.post(CHAT, json=HELLO | {"stream": stream})
    [line] = lines()

    times = line.pop("first_token"), line.pop("total")

    assert {
        "id": response.headers["x-request-id"],
        "method": "POST",
        "endpoint": CHAT,
        "status": 200,
        "route": "warm",
        "model": "claude-sonnet-5-5",
        "prompt_tokens": 10,
        "cache_read_tokens": 3,
        "cache_write_tokens": 2,
        "completion_tokens": 1,
    } == line
    assert 0 <= times[0] <= times[1]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "error", "endpoint"),
    [
        ("GET", "/health", {}, 200, None, "/health"),
        ("GET", "/v1/models/sonnet", {}, 200, None, "/v1/models/<id:path>"),
        ("GET", f"/{SECRET}", {}, 404, "unknown_url", ""),
        ("PUT", CHAT, {}, 405, "method_not_allowed", ""),
        ("GET", "/health", {"host": "evil.example"}, 403, "forbidden", "/health"),
        ("POST", CHAT, {}, 400, "invalid_value", CHAT),
    ],
)
async def test_every_request_is_one_line(client, lines, method, path, headers, status, error, endpoint):
    """Whatever it is; the URL is told as its pattern, because in the URL itself might be anything."""
    await client.request(method, path, headers=headers, json=[])
    [line] = lines()

    assert (method, endpoint, status, error) == (line["method"], line["endpoint"], line["status"], line.get("error"))


async def test_broken_stream_is_one_line_with_its_error(client, lines, backend, cli):
    """Its status was sent before anything went wrong."""
    backend.steps = [cli.start(), *cli.text("Hel"), CliFailed("It crashed.")]
    await client.post(CHAT, json=HELLO | {"stream": True})
    [line] = lines()

    assert (200, "cli_error") == (line["status"], line["error"])


@KINDS
async def test_client_that_leaves_is_one_line(client, lines, backend, cli, stream):
    """Nobody has seen an answer; 499 says so."""
    backend.steps = [cli.start(), *cli.text("Hel"), asyncio.Event()]
    request = asyncio.create_task(client.post(CHAT, json=HELLO | {"stream": stream}))
    await backend.started.wait()
    request.cancel()
    await backend.gone()
    while not lines():
        await client.get("/health")

    assert (499, CHAT) == (lines()[0]["status"], lines()[0]["endpoint"])


async def test_request_that_cannot_be_read_is_one_line(url, send_raw, lines):
    """Somebody may want to know who speaks no HTTP here."""
    await send_raw(url, b"GARBAGE\r\n\r\n")
    [line] = lines()

    assert (400, "") == (line["status"], line["endpoint"])


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("failure", [ValueError(SECRET), CliFailed(SECRET)], ids=["unexpected", "expected"])
@KINDS
async def test_nothing_that_was_said_is_logged(connect, backend, cli, written, form, failure, stream):
    """Neither questions nor answers, nor errors that quote them, also when everything goes wrong."""
    read = written(form=form)
    client = await connect()
    for steps in (cli.answer(SECRET), [failure], [cli.start(), *cli.text(SECRET), failure]):
        backend.steps = steps
        await client.post(CHAT, json=HELLO | {"stream": stream, SECRET: 1, "user": SECRET})
    await client.get(f"/v1/models/{SECRET}?{SECRET}={SECRET}", headers={"x-header": SECRET})
    logged = read()

    assert (4, []) == (logged.count("req_"), [line for line in logged.splitlines() if SECRET in line])


async def test_unexpected_failure_tells_where_it_was(connect, backend, written):
    """Without its text, but with the place in the source."""
    read = written()
    client = await connect()
    try:
        raise KeyError(SECRET)
    except KeyError as cause:
        backend.steps = [cause]
    await client.post(CHAT, json=HELLO)
    logged = read()

    assert (True, True, False) == ("KeyError" in logged, "test_log.py" in logged, SECRET in logged)


async def test_debug_shows_the_texts_of_errors(connect, backend, written):
    """Whoever switches it on wants to see them."""
    read = written(level="debug")
    client = await connect()
    for failure in (KeyError("first text"), CliFailed("second text")):
        backend.steps = [failure]
        await client.post(CHAT, json=HELLO)
    logged = read()

    assert (True, True) == ("first text" in logged, "second text" in logged)


async def test_json_lines_are_objects_with_the_same_names(connect, written):
    """Each line by itself is JSON; a request's fields are on its top level."""
    read = written(form="json")
    client = await connect()
    response = await client.get("/health")
    lines = [orjson.loads(line) for line in read().splitlines()]
    line = lines[-1]

    told = (line["level"], line["logger"], line["id"], line["status"], line["time"][-6:])

    assert ("info", "cmappy.request", response.headers["x-request-id"], 200, "+00:00") == told


async def test_text_lines_are_words_with_names(connect, written):
    """Readable, and greppable."""
    read = written()
    client = await connect()
    await client.get("/nothing")

    words = read().splitlines()[-1].split()

    assert ["INFO", "method=GET", "endpoint=-", "status=404", "error=unknown_url"] == [words[2], *words[4:8]]


def record(message, failure=None):
    """Return what is logged with a message and an exception."""
    exc_info = (type(failure), failure, failure.__traceback__) if failure else None
    return logging.LogRecord("cmappy", logging.ERROR, __file__, 1, message, (), exc_info)


@pytest.mark.parametrize("formatter", [Text, Json])
@pytest.mark.parametrize(
    "message",
    [
        "the token is sk-ant-oat01-abc_DEF-123",
        "{'authorization': 'Bearer abc.def'}",
        "authorization: bearer abc.def",
        "a key of the user's: hunter2 and hunter2-too",
    ],
)
def test_secrets_are_blacked_out(formatter, message):
    """In whatever message they turn up."""
    line = formatter(Redactor(["hunter2", "hunter2-too"])).format(record(message))

    found = [secret for secret in ("sk-ant", "abc", "hunter", "too") if secret in line.replace("the token", "")]

    assert ([], True) == (found, "[redacted]" in line)


def test_words_of_a_pattern_are_no_pattern():
    """A key may hold any character."""
    assert "[redacted] a+b" == Redactor(["(a+b)*"])("(a+b)* a+b")


def test_short_secrets_do_not_black_out_everything():
    """A key of one letter protects nothing anyway."""
    assert "a cat" == Redactor(["a"])("a cat")


@pytest.mark.parametrize("formatter", [Text, Json])
def test_causes_are_shown_without_their_texts(formatter):
    """Where it came from is half of the story."""
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError as error:
        line = formatter(Redactor()).format(record("failed", error))

    assert (True, True, False) == ("KeyError" in line, "ValueError" in line, SECRET in line)


def test_logins_of_the_environment_are_secrets():
    """They are what this machine has that is worth stealing."""
    environment = {"PATH": "/bin", "CLAUDE_CODE_OAUTH_TOKEN": "a", "ANTHROPIC_API_KEY": "b", "ANTHROPIC_AUTH_TOKEN": ""}

    assert ["a", "b"] == secrets_in(environment)


def test_log_goes_to_stderr(written):
    """What the command prints on stdout is for scripts."""
    read = written()
    logging.getLogger("cmappy").info("hello")
    print("stdout", file=sys.stdout)

    assert read().endswith(" INFO hello\n")


ODD = {
    "line feed": "x\n2026 INFO method=GET status=200",
    "carriage return": "x\rGET",
    "escape": "\x1b[2J\x1b]0;title\x07",
    "control of eight bits": "\x9b31m",
    "line separator": "x\u2028y\x85z",
    "direction": "\u202egnp.exe",
    "delete": "x\x7f\x08\x08",
    "surrogate": "\udc80\ud83d",
    "null": "\x00",
}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("level", ["info", "debug"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_nobody_writes_lines_of_his_own(written, form, level, text):
    """Whatever is quoted, a terminal shows one line of it, without colours, titles or leaps."""
    read = written(level, form)
    logging.getLogger("cmappy").warning("heard %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("cmappy").exception("failed with %s", text)
    output = read()

    assert output.replace("\n", "").isprintable()
    assert 1 == len([line for line in output.split("\n") if "heard" in line])
    assert [] == [line for line in output.split("\n") if line.startswith(("2026 INFO", "GET", "y", "z"))]


@pytest.mark.parametrize("text", [*ODD.values(), "x status=200", 'x" status="200', "x" * 10_000], ids=[*ODD, *"abc"])
def test_model_and_route_of_a_stranger_stay_values(written, text):
    """A recording may name any model; nobody forges a field by it, or fills the log."""
    read = written()
    report(Trace("req_1", "POST", model=text, route=text, error=text, status=502))
    [line] = read().splitlines()

    fields = dict(word.partition("=")[::2] for word in shlex.split(line) if "=" in word)

    assert (True, "502", True) == (line.isprintable(), fields["status"], len(line) < 6000)
    assert {"id", "method", "endpoint", "status", "error", "route", "model", "total"} == set(fields)


async def test_odd_methods_are_one(client, lines):
    """A method may be any word; the log and the metrics know those that exist."""
    await client.request("X" * 500, "/health")
    [line] = lines()

    assert "other" == line["method"]
