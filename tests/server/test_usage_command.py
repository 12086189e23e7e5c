"""`cmappy usage`: the same numbers from a running server and from its file."""

import json
import os
import re
import sqlite3
import stat

import httpx
import pytest

from tests.server.command import Command, stop, url

HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Say hello."}]}


@pytest.fixture
def command(tmp_path):
    """Return what runs the command; what is still running in the end is stopped."""
    command = Command(tmp_path)
    yield command
    command.stop()


def ask(base, times, **options):
    """Ask a server some times."""
    with httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
        for _ in range(times):
            client.post("/v1/chat/completions", json=HELLO, **options).raise_for_status()


def test_usage_is_read_from_the_server_and_from_its_file(command):
    """Two servers on one file add up; after their end the file still has all of it."""
    command.claude()
    servers = [command.start("--replay", "--port", "0", "--history", "kept") for _ in range(2)]
    bases = [url(server) for server in servers]
    ask(bases[0], 2)
    ask(bases[1], 3)
    ports = [base.rpartition(":")[2] for base in bases]
    for port in ports:  # each brings the file up to date
        command.run("usage", "--json", "--port", port)
    told = [json.loads(command.run("usage", "--json", "--port", port).stdout) for port in ports]
    codes = [stop(server)[0] for server in servers]

    kept = json.loads(command.run("usage", "--json", "--history", "kept").stdout)

    assert ([0, 0], [5, 5, 5]) == (codes, [each["today"]["answers"] for each in (*told, kept)])
    assert kept["hours"] == told[0]["hours"]
    assert 0o600 == stat.S_IMODE(os.stat(command.folder / "kept").st_mode)
    shown = command.run("usage", "--history", "kept").stdout
    assert re.search(r"^hour +answers +errors +fresh +cache read +cache written +output +list price$", shown, re.M)
    assert re.search(r"^7 days +5 +0 +60 +0 +0 +\d+ +\$0\.00$", shown, re.M)


def test_key_comes_from_the_settings(command):
    """The command asks as any client does."""
    server = command.start("--replay", "--port", "0", CMAPPY_API_KEY="a-key")
    port = url(server).rpartition(":")[2]

    with_key = command.run("usage", "--port", port, CMAPPY_API_KEY="a-key")
    without = command.run("usage", "--port", port)

    assert (0, 1) == (with_key.returncode, without.returncode)
    assert f"cmappy: The server at http://127.0.0.1:{port}/usage asks for a key." in without.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "1"], "No cmappy answers at http://127.0.0.1:1/usage. Start it"),
        (["--history", "nowhere"], "nowhere cannot be read: No such file or directory."),
        (["--history", "text"], "text is not a SQLite file."),
        (["--history", "."], "cannot be read: Is a directory."),
    ],
    ids=["no server", "no file", "no database", "folder"],
)
def test_what_cannot_be_read_is_told(command, arguments, said):
    """In one line, with what to do."""
    (command.folder / "text").write_text("something of somebody's")

    done = command.run("usage", *arguments)

    assert (1, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert said in done.stderr


@pytest.mark.parametrize("content", ["something of somebody's", "newer"])
def test_server_does_not_start_with_a_file_that_is_none_of_its(command, content):
    """A wrong name is told at once, and costs nobody a file."""
    file = command.folder / "file"
    if content == "newer":
        with sqlite3.connect(file) as database:
            database.executescript(f"PRAGMA application_id = {0x636D6170}; PRAGMA user_version = 9; CREATE TABLE a (b)")
        database.close()
    else:
        file.write_text(content)
    before = file.read_bytes()

    done = command.run("--replay", "--port", "0", "--history", "file")

    assert (1, before) == (done.returncode, file.read_bytes())
    assert re.fullmatch(r"cmappy: file (is not a SQLite file|was written by a newer cmappy)\. .*\n", done.stderr)


def test_missing_folder_is_told(command):
    """Without a traceback."""
    done = command.run("--replay", "--port", "0", "--history", "nowhere/kept")

    assert (1, True) == (done.returncode, "No such file or directory" in done.stderr)
    assert "Traceback" not in done.stderr


def test_server_goes_on_without_its_file(command):
    """The file is replaced by another one while the server runs: one warning, and answers as before."""
    server = command.start("--replay", "--port", "0", "--history", "kept")
    base = url(server)
    ask(base, 1)
    (command.folder / "kept").write_text("no database any more")
    port = base.rpartition(":")[2]
    for _ in range(2):
        ask(base, 1)
        told = json.loads(command.run("usage", "--json", "--port", port).stdout)

    code, said = stop(server)

    assert (0, 3, False, 1) == (code, told["today"]["answers"], told["kept"], said.count("is kept in memory only"))
    assert "no database any more" == (command.folder / "kept").read_text()
