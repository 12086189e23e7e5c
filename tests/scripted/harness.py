"""A backend over the scripted CLI, a server in front of it, and the processes that it runs."""

import asyncio
import os
import socket
import stat
import sys
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sanic import Sanic

from cmappy.answer import CallStart, Piece, Routed, TextStart
from cmappy.backends.claude.backend import ClaudeSource
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.claude.login import Installed
from cmappy.backends.claude.proof import Proof
from cmappy.backends.lines import Answering
from cmappy.server.app import create_app
from cmappy.server.run import serving
from cmappy.settings import Settings

PATIENCE = 60  # seconds; turns a wait for ever into a failure
_CLI = Path(__file__).with_name("cli.py")


@dataclass(frozen=True)
class Answer:
    """What a turn was answered, and how."""

    routes: list
    text: str
    calls: list

    @property
    def route(self):
        """How the turn was answered in the end."""
        return self.routes[-1]


class Scripted:
    """The scripted CLI as an executable of its own in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.command = folder / "claude"
        self._fault, self._starts = folder / "fault", folder / "starts"
        run = f'exec "{sys.executable}" -E -S -B "{_CLI}" "{self._fault}" "$@"'
        self.command.write_text(f'#!/bin/sh\necho >>"{self._starts}"\n{run}\n')
        self.command.chmod(stat.S_IRWXU)

    @property
    def starts(self):
        """How many processes were started so far."""
        return self._starts.read_bytes().count(b"\n")

    def misbehave(self, fault):
        """Let every process that starts from now on have a fault."""
        self._fault.write_text(fault)

    def behave(self):
        """Let the next processes be as they should."""
        self._fault.unlink(missing_ok=True)

    @asynccontextmanager
    async def backend(self, **options):
        """Run a backend; at the end no process of it is left. `source` of it is what drives the processes."""
        before = descendants()
        installed = Installed("2.1.330", "oauth_token")
        live, warm = options.pop("live", 0), options.get("warm", 0)
        most = options.pop("processes", options.pop("concurrency", 8) + warm + live)
        verdict = options.pop("verdict", "proven")
        settings = {"first": PATIENCE, "silence": PATIENCE, "processes": most, "keep": live > 0} | options
        settings["proof"] = Proof(verdict)
        source = ClaudeSource(str(self.command), {"PATH": os.defpath, "HOME": str(self.folder)}, installed, **settings)
        backend = Answering(source, Interpreter)
        backend.source = source
        await backend.start()
        try:
            yield backend
        finally:
            await backend.close()
        assert set() == descendants() - before
        await until(lambda: not self._left())  # killed, and hardly gone

    def _left(self):
        """Return the processes that live in the folder, whoever is their parent now."""
        home, found = b"\0HOME=%b\0" % os.fsencode(self.folder), []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if home in b"\0" + entry.read_bytes():
                    found.append(int(entry.parent.name))
        return found


async def ask(backend, turn, owner=""):
    """Return the answer to a turn."""
    routes, text, calls, open = [], "", [], None
    async with asyncio.timeout(PATIENCE), aclosing(backend.answer(turn, owner)) as events:
        async for event in events:
            match event:
                case Routed(route):
                    routes.append(route)
                case CallStart(id, name):
                    open = {"id": id, "name": name, "arguments": ""}
                    calls.append(open)
                case TextStart():
                    open = None
                case Piece(piece) if open:
                    open["arguments"] += piece
                case Piece(piece):
                    text += piece
    return Answer(routes, text, calls)


def descendants(pid=None):
    """Return the processes that a process, this one unless told, has started; not those that only wait for burial."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(entry.parent.name)] = int(parent)
    found, new = set(), {pid or os.getpid()}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found |= new
    return found


async def gone(pids):
    """Wait until processes have ended."""
    async with asyncio.timeout(PATIENCE):
        for pid in pids:
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(pid)
                try:
                    ended = asyncio.Event()
                    asyncio.get_running_loop().add_reader(handle, ended.set)
                    await ended.wait()
                    asyncio.get_running_loop().remove_reader(handle)
                finally:
                    os.close(handle)


@asynccontextmanager
async def nothing_left():
    """Run a block that leaves no task and no open file."""
    first = await asyncio.create_subprocess_exec("true", stdin=asyncio.subprocess.PIPE)
    await first.communicate()  # uvloop opens files of its own for the first process, and for the first pipe to one
    tasks, files = asyncio.all_tasks(), len(os.listdir("/proc/self/fd"))
    yield
    await until(lambda: asyncio.all_tasks() <= tasks)
    await until(lambda: len(os.listdir("/proc/self/fd")) <= files)


async def until(reached):
    """Wait until something has come about."""
    async with asyncio.timeout(PATIENCE):
        while not reached():  # noqa: ASYNC110 (nobody tells of it)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serve(backend, **chosen):
    """Run a server in front of a backend, and yield its address."""
    Sanic.test_mode = True  # several applications in one process
    settings = Settings(**chosen)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with serving(create_app(settings, backend), listener, drain=settings.drain):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
