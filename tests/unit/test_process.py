"""One child process, shown with small scripted programs: how it is read, written to, and ended for certain."""

import asyncio
import os
import sys

import pytest
from anyio import to_thread

from cmappy.backends.cli import posix, process
from cmappy.backends.cli.process import Process
from cmappy.backends.exits import Exited
from cmappy.errors import CliFailed, TimedOut

pytestmark = pytest.mark.anyio

LONG = 60  # seconds; no test waits so long unless it fails
FOR_EVER = "import time; time.sleep(3600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(3600)"
)
PARENT = """
import subprocess, sys, time
with open(sys.argv[1], "w") as pipe:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], stdout=pipe)
print("up", flush=True)
time.sleep(float(sys.argv[2]))
"""
ECHO = "import sys\nfor line in sys.stdin: print('said', line, end='', flush=True)"


@pytest.fixture
def anyio_backend():
    """Name the event loop that asyncio's processes belong to."""
    return "asyncio"


@pytest.fixture
async def run(tmp_path):
    """Return what runs a program of Python; whatever still runs in the end is ended."""
    running = []

    async def run(program, *arguments, **environment):
        child = await Process.spawn([sys.executable, "-c", program, *arguments], environment, tmp_path)
        running.append(child)
        return child

    yield run
    for child in running:
        child.end(at_once=True)
        await child.ended()


async def lines(child):
    """Return all lines of a process, and how it ended."""
    said = []
    while True:
        try:
            said.append(await child.line(LONG))
        except Exited as end:
            return said, end


def alive(pid):
    """Return whether there is a process of that number that is not only waiting to be buried."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_lines_are_read_to_the_end(run):
    """Then the end itself is told, with its code and the last words."""
    child = await run("import sys; print('a'); print('b'); print('oh', file=sys.stderr); sys.exit(3)")
    said, end = await lines(child)

    assert ([b"a", b"b"], 3, "oh\n") == (said, end.exit, end.stderr)


async def test_what_a_process_wrote_on_stderr_goes_to_the_log_only(run, caplog):
    """The log has it, without its secrets; the client is told where to look."""
    child = await run("import sys; sys.exit('no such file: /home/anna/x\\ntoken=abcdefgh')")

    with pytest.raises(CliFailed, match="code 1 before the answer was complete") as caught:
        await child.line(LONG)

    assert (False, True, False) == (
        "anna" in caught.value.message,
        "/home/anna/x" in caplog.text,
        "abcdefgh" in caplog.text,
    )


async def test_torn_last_line_is_not_shown(run):
    """Half a line is no line; the error that follows says that something is missing."""
    child = await run("print('a'); print('torn', end='')")

    assert [b"a"] == (await lines(child))[0]


async def test_long_lines_arrive_whole(run):
    """Megabytes, with line separators that are none."""
    child = await run("print('\\u2028' * 1_000_000)", PYTHONIOENCODING="utf-8")

    assert "\u2028" * 1_000_000 == (await child.line(LONG)).decode()


async def test_many_lines_arrive_in_order(run):
    """Also more than are kept waiting."""
    child = await run("for at in range(300_000): print(at)")

    assert [b"%d" % at for at in range(300_000)] == (await lines(child))[0]


async def test_line_without_end_is_an_error(run, monkeypatch):
    """Memory has a bound."""
    monkeypatch.setattr(process, "_LONGEST_LINE", 1000)
    child = await run(f"print('x' * 100_000, end='', flush=True); {FOR_EVER}")

    with pytest.raises(CliFailed, match="a line of more than"):
        await child.line(LONG)


async def test_silence_has_a_limit(run):
    """A process that hangs is given up."""
    child = await run(FOR_EVER)

    with pytest.raises(TimedOut, match=r"said nothing for 0.05 seconds"):
        await child.line(0.05)


async def test_what_is_written_arrives(run):
    """Line by line, both ways."""
    child = await run(ECHO)
    child.write(b"one\n")
    first = await child.line(LONG)
    child.write(b"two\n")

    assert [b"said one", b"said two"] == [first, await child.line(LONG)]


async def test_writing_never_waits(run):
    """A child that does not read cannot hold up the server; it is ended like any other."""
    child = await run(FOR_EVER)
    child.write(b"x" * 10_000_000)
    child.end()
    await child.ended()

    assert child.gone


async def test_writing_to_a_child_that_is_gone_is_noticed_when_it_is_read(run):
    """The end says more than a broken pipe."""
    child = await run("pass")
    await child.ended()
    child.write(b"anyone?\n")

    with pytest.raises(Exited):
        await child.line(LONG)


async def test_child_that_hears_nothing_is_ended(run):
    """It closed its stdin: no request can ever reach it."""
    child = await run(f"import os; os.close(0); print('deaf', flush=True); {FOR_EVER}")
    await child.line(LONG)
    child.write(b"anyone?\n")
    await child.ended()

    assert child.gone


async def test_child_that_says_nothing_any_more_is_ended(run):
    """It closed its stdout: no answer can ever come."""
    child = await run(f"import os; os.close(1); {FOR_EVER}")

    with pytest.raises(Exited):
        await child.line(LONG)


@pytest.mark.parametrize("at_once", [False, True])
async def test_process_ends_when_it_is_told_to(run, at_once):
    """Politely, or at once."""
    child = await run(FOR_EVER)
    before = child.gone
    child.end(at_once=at_once)
    await child.ended()

    assert (False, True, False) == (before, child.gone, alive(child.pid))


async def test_process_that_does_not_listen_is_killed(run):
    """After a moment."""
    child = await run(STUBBORN)
    await child.line(LONG)
    child.end()
    await child.ended()

    assert not alive(child.pid)


@pytest.fixture
async def pipe(tmp_path):
    """Return a named pipe, and what reads it up to the end: when nobody is left who could write."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    async def read():
        return await to_thread.run_sync(path.read_text)

    return str(path), asyncio.create_task(read())


@pytest.mark.parametrize("at_once", [False, True])
async def test_children_of_the_process_end_too(run, pipe, at_once):
    """They are in its group."""
    path, left = pipe
    child = await run(PARENT, path, "3600")
    await child.line(LONG)
    before = left.done()
    child.end(at_once=at_once)

    assert (False, "") == (before, await left)


async def test_children_that_outlive_the_process_end_too(run, pipe):
    """Whoever ended it."""
    path, left = pipe
    await run(PARENT, path, "0")

    assert "" == await left


async def test_ended_can_be_cancelled_without_sparing_the_process(run):
    """Who waits may give up; the end goes on."""
    child = await run(STUBBORN)
    await child.line(LONG)
    child.end()
    waiter = asyncio.create_task(child.ended())
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.wait({waiter})
    await child.ended()

    assert (True, False) == (waiter.cancelled(), alive(child.pid))


async def test_end_is_told_to_whoever_asked(run):
    """Once it is gone."""
    child = await run("pass")
    told = asyncio.get_running_loop().create_future()
    child.on_end(told.set_result)

    assert child is await told


async def test_waiting_lines_can_be_taken_without_waiting(run):
    """What a kept process has said in the meantime."""
    child = await run(f"print('a'); print('b'); print('c', flush=True); {FOR_EVER}")
    first = await child.line(LONG)

    assert ([b"a", b"b", b"c"], []) == ([first, *child.waiting()], child.waiting())


async def test_child_has_the_given_environment_and_folder_only(run, tmp_path):
    """Nothing is inherited."""
    child = await run("import os; print(sorted(os.environ)); print(os.getcwd())", MINE="1", LC_CTYPE="C.UTF-8")
    names, folder = await child.line(LONG), await child.line(LONG)

    assert (b"['LC_CTYPE', 'MINE']", os.fsencode(tmp_path)) == (names, folder)


async def test_child_has_a_group_of_its_own(run):
    """Ctrl-C in the terminal is the server's to handle."""
    child = await run("import os; print(os.getpgrp(), os.getsid(0))")

    assert [str(child.pid).encode()] * 2 == (await child.line(LONG)).split()


@pytest.mark.parametrize("name", ["no-such-program", "/dev/null"], ids=["missing", "not executable"])
async def test_program_that_cannot_be_started_is_an_error(tmp_path, name):
    """With what to check; whether it shows at once or only with the first line."""
    with pytest.raises(CliFailed, match=r"could not be started.*--claude"):
        await (await Process.spawn([name], {"PATH": os.defpath}, tmp_path)).line(LONG)


async def test_program_that_exits_like_a_missing_one_ran(run):
    """Its own code 127 is told as what it is."""
    child = await run("import sys; sys.exit(127)")

    with pytest.raises(Exited, match="code 127"):
        await child.line(LONG)


async def test_everything_works_without_setpriv_too(run, monkeypatch):
    """Where it is missing, as on macOS, a watcher does its work."""
    monkeypatch.setattr(posix, "_setpriv", lambda: ())
    child = await run("print('a')")

    assert [b"a"] == (await lines(child))[0]


async def test_missing_program_is_told_at_once_without_setpriv(tmp_path, monkeypatch):
    """The system says so itself."""
    monkeypatch.setattr(posix, "_setpriv", lambda: ())

    with pytest.raises(CliFailed, match="could not be started: No such file"):
        await Process.spawn(["no-such-program"], {"PATH": os.defpath}, tmp_path)
