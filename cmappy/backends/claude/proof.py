"""Whether this very CLI really rewinds and switches as it says, seen on loopback before any turn relies on it.

A build may acknowledge a switch and not apply it; a conversation under somebody else's system prompt would be the worst
answer of all. So once per CLI (path, size, time) a process with a dummy token and an empty home is asked a few
questions, and what it sends to a stub of the API is compared with what it was told. It costs no plan and nobody waits.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from cmappy import __version__
from cmappy.backends.claude import events
from cmappy.backends.claude.conversation import Conversation
from cmappy.backends.claude.launch import arguments
from cmappy.backends.claude.prints import prints
from cmappy.backends.claude.worker import Worker
from cmappy.backends.cli.spawner import Spawner
from cmappy.errors import CliFailed, CmappyError
from cmappy.turn import Message, Text, Tool, Turn

log = logging.getLogger("cmappy")

_PATIENCE = 120.0  # seconds for all of it
_SILENCE = 60.0  # seconds
_LOGIN = {"CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"}
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"}
_SCHEMA = '{"type":"object","properties":{}}'


class Proof:
    """What is known of the CLI: `verdict` is `proven`, `unproven`, `being checked`, or what is wrong.

    `check` finds out what is wrong (nothing: an empty text); `file` keeps the verdict on the CLI that `key` names.
    """

    def __init__(
        self,
        verdict: str = "unproven",
        check: Callable[[], Awaitable[str]] | None = None,
        file: Path | None = None,
        key: str = "",
    ) -> None:
        self.verdict = verdict
        self._check, self._file, self._key = check, file, key
        self._task: asyncio.Task[None] | None = None
        if file and (known := _read(file).get(key)):
            self.verdict = known

    @property
    def holds(self) -> bool:
        """Whether processes may be rewound and switched."""
        return self.verdict == "proven"

    def begin(self) -> None:
        """Begin to find out, unless it is known."""
        if self._check and self.verdict == "unproven":
            self.verdict = "being checked"
            self._task = asyncio.create_task(self._find_out(self._check), context=Context())

    async def close(self) -> None:
        """Leave it, if it goes on."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _find_out(self, check: Callable[[], Awaitable[str]]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                wrong = await check()
        except (CmappyError, TimeoutError, OSError) as error:  # this time; the next start tries again
            self.verdict = f"could not be checked: {error or 'it took too long'}"
            log.warning("whether the CLI can be rewound %s", self.verdict)
            return
        self.verdict = f"does not hold: {wrong}" if wrong else "proven"
        log.log(logging.WARNING if wrong else logging.INFO, "rewinding the CLI: %s", self.verdict)
        if self._file:
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                draft = self._file.with_suffix(f".{uuid.uuid4().hex}")
                draft.write_bytes(orjson.dumps({**_read(self._file), self._key: self.verdict}))
                draft.replace(self._file)


def proof_of(claude: str, environment: Mapping[str, str], state: Path) -> Proof:
    """Return the proof of the CLI at `claude`; its verdict is kept in the folder `state`."""
    found = shutil.which(claude, path=environment.get("PATH"))
    if found is None:
        return Proof()
    path = Path(found).resolve()
    stat = path.stat()
    key = f"{path} {stat.st_size} {stat.st_mtime_ns} {__version__}"
    return Proof("unproven", lambda: prove(claude, environment), state / "proofs.json", key)


async def prove(claude: str, environment: Mapping[str, str]) -> str:
    """Return what the CLI did not do as it was told; empty if all is right. Raises CmappyError if it cannot be run."""
    stub = _Stub()
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0, limit=1 << 24)
    port = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="cmappy-proof-", ignore_cleanup_errors=True) as home:
        spawner = Spawner(arguments(claude), _hermetic(environment, home, f"http://127.0.0.1:{port}"))
        try:
            return await _walk(await spawner.start(), f"http://127.0.0.1:{port}", stub)
        finally:
            await spawner.close()
            server.close()
            await server.wait_closed()


async def _walk(process: Any, url: str, stub: _Stub) -> str:
    """Take one process through conversations that have little in common; return the first thing that is wrong."""
    said: list[events.Initialized] = []
    talk = Conversation(url, lambda: str(uuid.uuid4()))
    worker = Worker(
        process, talk, first=_SILENCE, silence=_SILENCE, on_initialized=said.append, on_limit=lambda _: None
    )
    for name, turn in _turns():
        stub.calls = turn.tools[0].name if turn.messages[-1].content == (Text("Call it."),) else ""
        seen = len(stub.bodies)
        try:
            async for _ in worker.lines(turn, prints(turn.messages)):
                pass
        except CmappyError as error:
            raise CliFailed(f"{name}: {error}") from error
        if len(stub.bodies) != seen + 1:
            return f"{name}: {len(stub.bodies) - seen} requests instead of one"
        models = {model.value: model.resolved_model for model in said[0].models} if said else {}
        if wrong := _difference(stub.bodies[-1], turn, models.get(turn.model) or turn.model):
            return f"{name}: {wrong}"
        worker.stop() if talk.parked else worker.settle()
        if not await worker.settled():
            return f"{name}: the process did not settle"
    return ""


def _turns() -> list[tuple[str, Turn]]:
    def message(at: int, text: str) -> Message:
        return Message("assistant" if at % 2 else "user", (Text(text),))

    def talk(*texts: str, **fields: Any) -> Turn:
        return Turn(**{"model": "sonnet", "messages": tuple(message(*each) for each in enumerate(texts))} | fields)

    one, other = Tool("one", "One.", _SCHEMA), Tool("other", "Other.", _SCHEMA)
    anew = Tool("one", "One, defined anew.", '{"type":"object","properties":{"a":{"type":"string"}}}')
    first = talk("Hello.", system="First prompt.", tools=(one,))
    told = talk("a", "b", "c", "d", "e", system="Second prompt.", model="haiku", tools=(other, one), max_tokens=321)
    edited = replace(told, messages=(*told.messages[:2], message(0, "edited")))
    called = talk("Call it.", system="Third prompt.", tools=(one,))
    return [
        ("a new conversation", first),
        ("another prompt, model, limit, history and other tools", told),
        ("an edited message", edited),
        ("a call", called),
        ("a call that was given up", talk("Fine.", system="Third prompt.", tools=(one,))),
        ("no tools", talk("Bye.", system="Last prompt.")),
        ("another description", talk("Hello.", system="First prompt.", tools=(replace(one, description="Uno."),))),
        ("another description and schema", talk("Call it.", system="First prompt.", tools=(anew,))),
    ]


def _difference(body: dict[str, Any], turn: Turn, model: str) -> str:
    """Return what a request to the API has that the turn has not, or the other way round."""
    arrived = [
        (message["role"], [block["text"] for block in message["content"] if not block["text"].startswith("<system-")])
        for message in body["messages"]
        if message["role"] != "system"
    ]
    told = [(message.role, [block["text"] for block in message.api()["content"]]) for message in turn.messages]
    checks = {
        "model": (body["model"], model),
        "messages": (arrived, told),
        "system prompt": (body["system"][-1]["text"], turn.system),
        "tools": (
            sorted(map(_definition, body.get("tools", []))),
            sorted(_definition(tool.api()) for tool in turn.tools),
        ),
        "limit": (body["max_tokens"] if turn.max_tokens else None, turn.max_tokens),
    }
    return ", ".join(f"{name} as before" for name, (mine, theirs) in checks.items() if mine != theirs)


def _definition(tool: Mapping[str, Any]) -> bytes:
    known = {name: tool[name] for name in ("name", "description", "input_schema")}
    return orjson.dumps(known, option=orjson.OPT_SORT_KEYS)


def _hermetic(environment: Mapping[str, str], home: str, url: str) -> dict[str, str]:
    """Return the environment of a CLI that knows no login, and reaches nothing but the stub."""
    kept = {name: value for name, value in environment.items() if name not in _LOGIN | _PROXIES}
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost"}
    return {**kept, **nowhere, "HOME": home, "ANTHROPIC_BASE_URL": url, "CLAUDE_CODE_OAUTH_TOKEN": "dummy"}


def _read(file: Path) -> dict[str, str]:
    try:
        known = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return {str(key): str(value) for key, value in known.items()} if isinstance(known, dict) else {}


class _Stub:
    """A stand-in for the API, which answers every question in a word, or with a call of the tool `calls`."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.calls = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        with suppress(OSError, EOFError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            body = await reader.readexactly(length)
            path = head.split()[1]
            if path.startswith(b"/v1/messages") and b"count_tokens" not in path:
                self.bodies.append(orjson.loads(body))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
                writer.write(b"".join(map(_sse, self._answer())))
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    def _answer(self) -> list[dict[str, Any]]:
        usage = {"input_tokens": 1, "output_tokens": 1}
        message: dict[str, Any] = {
            "id": f"msg_{len(self.bodies)}",
            "type": "message",
            "role": "assistant",
            "content": [],
        }
        message |= {"model": self.bodies[-1]["model"], "stop_reason": None, "stop_sequence": None, "usage": usage}
        block: dict[str, Any] = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": "Yes."}
        if self.calls:
            block = {"type": "tool_use", "id": f"toolu_{len(self.bodies)}", "name": self.calls, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": "{}"}
        reason = "tool_use" if self.calls else "end_turn"
        return [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        ]


def _sse(event: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event))
