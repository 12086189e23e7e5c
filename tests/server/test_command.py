"""The `cmappy` command as its users meet it: what it says, when it refuses to start, and how it stops."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

import cmappy
from cmappy.commands import options
from cmappy.settings import Settings
from tests.server.command import HANG, LOGGED_OUT, RECORDINGS, Command, reachable, stop, url

HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def command(tmp_path):
    """Return what runs the command; what is still running in the end is stopped."""
    command = Command(tmp_path)
    yield command
    command.stop()


def test_version_is_told(command):
    """The first thing that a bug report needs."""
    assert f"cmappy {cmappy.__version__}\n" == command.run("--version").stdout


def test_help_names_every_setting(command):
    """A setting without a flag cannot be found."""
    shown = command.run("--help").stdout

    assert [] == [name for name in Settings.model_fields if not re.search(rf"--(\[no-])?{options.key(name)}\b", shown)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bogus"], "There is no flag `--bogus`. See `cmappy --help`."),
        (["--rep"], "There is no flag `--rep`. Did you mean `--replay`? See `cmappy --help`."),
        (["--port"], "--port: expected one argument. See `cmappy --help`."),
        (["confg"], "There is no command `confg`. Did you mean `config`? See `cmappy --help`."),
        (["--port", "1", "config"], "The command comes first: `cmappy config ...`."),
        (["config", "--prot", "1"], "There is no flag `--prot`. Did you mean `--port`? See `cmappy config --help`."),
        (["config", "config.toml"], "`config.toml` belongs to no flag or argument."),
        (["--config", "nowhere"], "There is no config file nowhere."),
        (["--port", "x"], "--port: "),
        (["--port", "70000"], "--port: "),
        (["--log-level", "loud"], "--log-level: "),
        (["--model-map", "gpt-4o"], "--model-map: must look like gpt-4o=sonnet"),
        (["--replay", "--record", "here"], "exclude each other"),
        (["--record", ""], "--record: must not be empty"),
    ],
)
def test_wrong_flag_is_one_clear_line(command, arguments, said):
    """What is wrong and where to look; exit code 2, as of every Unix command."""
    ended = command.run(*arguments)

    assert (2, 1, True) == (ended.returncode, len(ended.stderr.splitlines()), said in ended.stderr)


@pytest.mark.parametrize("replay", [True, False], ids=["recordings", "CLI"])
@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("gpt-4o=sonet", "`gpt-4o` is mapped to `sonet`, which is no model here. Did you mean `sonnet`?"),
        ("a=sonnet,*=gpt-5", "`*` is mapped to `gpt-5`, which is no model here. There is `sonnet`, for instance."),
    ],
)
def test_map_to_a_model_that_does_not_exist_is_refused_at_the_start(command, replay, mapping, said):
    """Otherwise each request would fail, and nobody would look at the map."""
    command.claude()
    ended = command.run("--port", "0", "--model-map", mapping, *(["--replay"] if replay else []))

    assert (2, "", True) == (ended.returncode, ended.stdout, said in ended.stderr)
    assert 1 == len(ended.stderr.splitlines())


@pytest.mark.parametrize("model", ["sonnet", "opus[1m]", "claude-nobody-knows-9"])
def test_map_to_a_model_that_may_exist_is_taken(command, model):
    """The CLI takes ids that it does not list."""
    process = command.start("--port", "0", "--replay", "--model-map", f"gpt-4o={model}")

    assert url(process)


def test_wrong_variable_is_told_by_its_name(command):
    """Whoever set it looks for no flag."""
    ended = command.run(CMAPPY_PORT="x")

    assert (2, True) == (ended.returncode, "CMAPPY_PORT: " in ended.stderr)


def test_unknown_variable_is_named(command):
    """It has no effect, and is no reason not to start."""
    process = command.start("--port", "0", "--replay", CMAPPY_PROT="1")
    url(process)
    _, stderr = stop(process)

    assert "cmappy: CMAPPY_PROT is not a setting and has no effect. Did you mean `CMAPPY_PORT`?\n" == stderr


def test_settings_come_from_a_config_file(command):
    """For whoever does not want to type them each time."""
    (command.folder / "mine.toml").write_text("port = 0\nreplay = true\n", encoding="utf-8")
    process = command.start("serve", "--config", "mine.toml")

    assert "replay" == httpx.get(f"{url(process)}/health", trust_env=False).json()["provider"]


def test_effective_settings_are_shown_as_a_config_file(command):
    """With where each comes from, and without secrets; what is printed is a config file again."""
    arguments = ("config", "--model-map", "a=b,*=c", "--api-key", "secret", "--live-timeout", "3600")
    printed = command.run(*arguments, CMAPPY_WARM="3").stdout
    (command.folder / "again.toml").write_text(printed, encoding="utf-8")
    told = json.loads(command.run("config", "--json", "--config", "again.toml").stdout)

    assert "secret" not in printed
    assert re.search(r"^warm = 3 +# CMAPPY_WARM$", printed, re.MULTILINE)
    assert {"value": "1h", "origin": str(command.folder / "again.toml")} | {"origin": "again.toml"} == told[
        "live-timeout"
    ]
    assert ({"a": "b", "*": "c"}, []) == (told["model-map"]["value"], told["api-key"]["value"])


def test_output_that_nobody_reads_is_no_traceback(command):
    """As in `cmappy config | head`."""
    process = command.start("config")
    process.stdout.close()

    assert (1, "") == (process.wait(), process.stderr.read())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_flags_and_choices(command, shell):
    """What can be typed."""
    printed = command.run("completion", shell).stdout

    assert [] == [word for word in ("config", "log-level", "warning") if word not in printed]


def test_completion_works_in_a_shell(command):
    """Bash itself completes with it."""
    script = "source <(cmappy completion bash); COMP_WORDS=(cmappy --log-level w); COMP_CWORD=2; _shtab_cmappy cmappy w"
    (command.bin / "cmappy").write_text(f'#!/bin/sh\nexec {sys.executable} -m cmappy "$@"\n', encoding="utf-8")
    (command.bin / "cmappy").chmod(0o755)
    ended = subprocess.run(
        ["bash", "-c", f'{script}; echo "${{COMPREPLY[@]}}"'],
        env={"PATH": f"{command.bin}:{os.defpath}", "HOME": str(command.folder), "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=HANG,
    )

    assert ("warning\n", "") == (ended.stdout, ended.stderr)


def test_port_in_use_is_one_line(command):
    """It happens to everybody once; no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = command.run("--replay", str(RECORDINGS), "--port", str(port))

    assert (1, 1, True) == (ended.returncode, len(ended.stderr.splitlines()), "--port" in ended.stderr)


def test_unknown_host_is_one_line(command):
    """A typing mistake."""
    ended = command.run("--replay", str(RECORDINGS), "--host", "no.such.host.invalid")

    assert (1, 1, True) == (ended.returncode, len(ended.stderr.splitlines()), "--host" in ended.stderr)


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        pytest.param("nowhere", "there is no folder nowhere", id="none"),
        pytest.param("bin", "there are no recordings (*.ndjson) in bin", id="wrong"),
    ],
)
def test_folder_without_recordings_is_one_line(command, folder, reason):
    """The wrong folder, or none."""
    ended = command.run("--replay", folder)

    assert (1, f"cmappy: {reason}\n") == (ended.returncode, ended.stderr)


def told(ended):
    """Return the exit code and the lines on stderr."""
    return ended.returncode, ended.stderr.splitlines()


def test_missing_cli_is_told_with_the_command_that_installs_it(command):
    """The commonest first start."""
    code, [line] = told(command.run("--port", "0"))

    assert (1, True) == (code, "npm install -g @anthropic-ai/claude-code" in line)


def test_too_old_cli_is_told_with_the_command_that_upgrades_it(command):
    """Older ones read files that a prompt names."""
    command.claude(version="2.1.247 (Claude Code)")
    code, [line] = told(command.run("--port", "0"))

    assert (1, True, True) == (code, "2.1.247 is too old" in line, "npm install -g" in line)


def test_cli_without_login_is_told_with_the_commands_that_log_in(command):
    """Either one, for people and for machines."""
    command.claude(auth=LOGGED_OUT)
    code, [line] = told(command.run("--port", "0"))

    assert (1, True, True) == (code, "claude auth login" in line, "claude setup-token" in line)


@pytest.mark.parametrize(
    ("script", "mode"),
    [("#!/bin/sh\necho 'hello'\n", 0o755), ("#!/bin/sh\nexit 3\n", 0o755), ("#!/bin/sh\n", 0o644), ("\x7fELF", 0o755)],
    ids=["other answer", "failure", "not executable", "not a program"],
)
def test_wrong_program_is_told(command, script, mode):
    """Something else is named `claude`, or `--claude` leads to it."""
    command.program(script, mode)
    code, [line] = told(command.run("--port", "0", "--claude", "bin/claude"))

    assert (1, True) == (code, "--claude" in line)


KEY = "print(json.dumps({'loggedIn': True, 'authMethod': 'api_key', 'apiKeySource': '/login managed key'}))"


@pytest.mark.parametrize("flags", [(), ("--skip-auth-check",)], ids=["", "skip"])
def test_api_key_is_refused_at_the_start(command, flags):
    """Whoever would pay by the token learns it before the first one, and how to say that it is wanted."""
    command.claude(auth=KEY)
    code, [line] = told(command.run("--port", "0", *flags))

    assert (1, True, True) == (code, "--allow-api-key" in line, "claude auth login" in line)


def test_allowed_api_key_is_told_at_the_start(command):
    """It costs, so it is said each time."""
    command.claude(auth=KEY)
    process = command.start("--port", "0", "--allow-api-key")
    process.stdout.readline()

    assert "login: api_key (billed for each token)\n" in process.stdout.readline()


def test_network_is_not_served_without_a_key(command):
    """Whoever asks for it is given the command that would be safe."""
    command.claude()
    code, [line] = told(command.run("--port", "0", "--host", "0.0.0.0"))

    assert (1, True) == (code, "cmappy --host 0.0.0.0 --api-key" in line)


@pytest.mark.parametrize("auth", ["print('[]')", "print('hello')", "pass"], ids=["list", "text", "nothing"])
def test_login_that_cannot_be_read_does_not_stop_the_start(command, auth):
    """A newer CLI may tell its login otherwise; the first request will show."""
    command.claude(auth=auth)
    process = command.start("--port", "0")

    assert "unknown" == httpx.get(f"{url(process)}/health", trust_env=False).json()["login"]


def test_start_without_login_can_be_forced(command):
    """For logins that the CLI tells wrongly."""
    command.claude(auth=LOGGED_OUT)
    process = command.start("--port", "0", "--skip-auth-check")

    assert "none" == httpx.get(f"{url(process)}/health", trust_env=False).json()["login"]


def test_start_tells_version_login_address_and_what_to_try(command):
    """All that one needs to go on, in a few lines."""
    command.claude()
    process = command.start("--port", "0")
    said = [process.stdout.readline() for _ in range(3)]

    expected = [
        rf"cmappy {re.escape(cmappy.__version__)} at http://127\.0\.0\.1:\d+/v1\n",
        r"Claude Code CLI 2\.1\.330, login: oauth_token\n",
        r"Try:  curl http://127\.0\.0\.1:\d+/v1/chat/completions -H 'content-type: application/json' -d '\{.*\}'\n",
    ]

    assert [] == [line for pattern, line in zip(expected, said, strict=True) if not re.fullmatch(pattern, line)]


@pytest.mark.parametrize("folder", [pytest.param([], id="demo"), pytest.param(["mine"], id="own folder")])
def test_example_is_answered(command, folder):
    """What is offered to be pasted must work."""
    (command.folder / "mine").mkdir()
    shutil.copy(RECORDINGS / "content_parts.ndjson", command.folder / "mine")
    shutil.copy(RECORDINGS / "hello.ndjson", command.folder / "mine")
    process = command.start("--port", "0", "--replay", *folder)
    base = url(process)
    body = re.search(r"-d '(.*)'", next(line for line in process.stdout if line.startswith("Try:")))[1]

    answered = httpx.post(f"{base}/v1/chat/completions", json=json.loads(body), trust_env=False)

    assert (200, {"model", "messages"}) == (answered.status_code, set(json.loads(body)))


def test_relative_path_of_the_cli_is_that_of_the_caller(command):
    """The CLI itself runs in another folder."""
    command.claude()
    process = command.start("--port", "0", "--claude", "bin/claude", PATH=os.defpath)

    ids = [model["id"] for model in httpx.get(f"{url(process)}/v1/models", trust_env=False).json()["data"]]

    assert "claude-sonnet-5-5" in ids


def test_settings_come_from_the_environment(command):
    """In containers there are variables only; a plain yes stands for `--replay` without a folder."""
    process = command.start(CMAPPY_REPLAY="1", CMAPPY_PORT="0", CMAPPY_MODEL_MAP="gpt-4o=sonnet,*=haiku")
    base = url(process)

    told = [
        httpx.get(f"{base}/health", trust_env=False).json()["provider"],
        httpx.get(f"{base}/v1/models/gpt-4o", trust_env=False).status_code,
        httpx.get(f"{base}/v1/models/anything", trust_env=False).status_code,
    ]

    assert ["replay", 200, 200] == told


def test_flags_win_over_the_environment(command):
    """What is typed is meant."""
    process = command.start("--port", "0", "--replay", str(RECORDINGS), CMAPPY_PORT="1", CMAPPY_REPLAY="nowhere")

    assert 200 == httpx.get(f"{url(process)}/health", trust_env=False).status_code


def test_empty_variable_is_no_setting(command):
    """Compose files set variables to nothing."""
    process = command.start("--replay", str(RECORDINGS), "--port", "0", CMAPPY_HOST="", CMAPPY_RECORD="")

    assert 200 == httpx.get(f"{url(process)}/health", trust_env=False).status_code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda each: each.name)
def test_signal_stops_a_replaying_server(command, number):
    """Ctrl-C and `docker stop` are the normal end: code 0 and not a word."""
    process = command.start("--port", "0", "--replay", str(RECORDINGS))
    url(process)

    assert (0, "") == stop(process, number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda each: each.name)
def test_signal_leaves_no_cli_behind(command, number):
    """Processes that were started ahead end with the server."""
    command.claude()
    process = command.start("--port", "0")
    httpx.get(f"{url(process)}/v1/models", trust_env=False)
    ended = stop(process, number)

    assert (0, "", []) == (*ended, command.alive())


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(("drain", "signals"), [("0.1", 1), ("600", 2)], ids=["drain", "second signal"])
def test_answers_under_way_end_with_the_drain(command, stream, drain, signals):
    """A model that thinks for an hour does not hold up the stop, and who waits for it is told why."""
    command.claude()
    process = command.start("--port", "0", "--drain", drain)
    base = url(process)
    told = []

    def ask():
        response = httpx.post(f"{base}/v1/chat/completions", json=HELLO | {"stream": stream}, timeout=None)
        told.append((response.status_code, response.json()["error"]["code"]))

    client = threading.Thread(target=ask)
    client.start()
    while "cmappy_answers_running 1.0" not in httpx.get(f"{base}/metrics", trust_env=False).text:
        pass
    for _ in range(signals - 1):
        process.send_signal(signal.SIGINT)
        while reachable(base):
            pass
    code, _ = stop(process)
    client.join()

    assert (0, [(503, "server_stopping")], []) == (code, told, command.alive())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda each: each.name)
def test_signal_before_the_server_is_up_is_a_clean_stop_too(command, number):
    """The check of the login may take seconds; nobody waits for it to press Ctrl-C."""
    command.claude(auth=f"open({str(command.folder / 'asked')!r}, 'w').close(); time.sleep({HANG})")
    process = command.start("--port", "0")
    while not (command.folder / "asked").exists():
        assert process.poll() is None
    ended = stop(process, number)

    assert (0, "", []) == (*ended, command.alive())


def test_second_signal_does_not_disturb_the_stop(command):
    """Impatient people press Ctrl-C twice."""
    command.claude()
    process = command.start("--port", "0")
    httpx.get(f"{url(process)}/v1/models", trust_env=False)
    process.send_signal(signal.SIGINT)
    ended = stop(process, signal.SIGINT)

    assert (0, "", []) == (*ended, command.alive())


def test_load_balancers_learn_of_the_stop_before_connections_are_refused(command):
    """With a delay everything is answered as before, but /health says 503; a second signal ends the delay."""
    process = command.start("--port", "0", "--replay", str(RECORDINGS), "--stop-delay", "600")
    base = url(process)
    before = httpx.get(f"{base}/health", trust_env=False)
    process.send_signal(signal.SIGTERM)
    while (health := httpx.get(f"{base}/health", trust_env=False)).status_code == 200:
        assert process.poll() is None
    models = httpx.get(f"{base}/v1/models", trust_env=False)

    assert (200, 503, "stopping", 200) == (
        before.status_code,
        health.status_code,
        health.json()["status"],
        models.status_code,
    )
    assert (0, "") == stop(process)


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
@pytest.mark.parametrize(
    ("host", "answered"),
    [("localhost", {"127.0.0.1", "[::1]"}), ("[::1]", {"[::1]"}), ("::1", {"[::1]"}), ("127.0.0.1", {"127.0.0.1"})],
)
def test_server_is_reached_by_all_addresses_of_its_host(command, host, answered):
    """A client that calls `localhost` may try either."""
    process = command.start("--port", "0", "--replay", str(RECORDINGS), "--host", host)
    port = url(process).rpartition(":")[2]

    assert answered == {each for each in ("127.0.0.1", "[::1]") if reachable(f"http://{each}:{port}")}


def test_hang_up_that_is_ignored_stops_nothing(command):
    """So it is under `nohup`."""
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = command.start("--port", "0", "--replay", str(RECORDINGS))
    finally:
        signal.signal(signal.SIGHUP, old)
    base = url(process)
    process.send_signal(signal.SIGHUP)

    assert 200 == httpx.get(f"{base}/health", trust_env=False).status_code


class Source:
    """A copy of the package that may be edited, and is what the command runs from its folder."""

    def __init__(self, folder):
        self.folder = folder / "cmappy"
        shutil.copytree(Path(cmappy.__file__).parent, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        if not (self.folder / "fixtures").exists():
            (folder / "fixtures").symlink_to(RECORDINGS)  # as in a checkout

    def edit(self, text):
        """Change a file of the package."""
        (self.folder / "__init__.py").write_text(text, encoding="utf-8")


@pytest.fixture
def source(command):
    """Return a copy of the package that may be edited."""
    return Source(command.folder)


def greeted(process):
    """Read the lines of a start to the last one."""
    while not process.stdout.readline().startswith("Try:"):
        assert process.poll() is None


def test_reload_starts_anew_after_a_change(command, source):
    """Who works on cmappy sees the change in the next request."""
    process = command.start("--port", "0", "--replay", str(RECORDINGS), "--reload")
    before = httpx.get(url(process), trust_env=False).json()["version"]
    greeted(process)
    source.edit('"""Changed."""\n__version__ = "9.9.9"\n')
    after = httpx.get(url(process), trust_env=False).json()["version"]

    assert (cmappy.__version__, "9.9.9", (0, "")) == (before, after, stop(process))


def test_reload_waits_after_a_bad_change(command, source):
    """A syntax error is mended by the next save, not by starting again."""
    process = command.start("--port", "0", "--replay", str(RECORDINGS), "--reload")
    greeted(process)
    source.edit("this is not Python")
    while "waiting for a change" not in process.stderr.readline():
        assert process.poll() is None
    source.edit('"""Mended."""\n__version__ = "9.9.9"\n')

    assert "9.9.9" == httpx.get(url(process), trust_env=False).json()["version"]


def test_reload_that_cannot_start_is_the_same_error(command):
    """A missing CLI is not mended by an edit."""
    code, [line] = told(command.run("--port", "0", "--reload"))

    assert (1, True) == (code, "npm install -g" in line)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_reload_leaves_nothing_behind(command, number):
    """Neither the server nor its processes."""
    command.claude()
    process = command.start("--port", "0", "--reload")
    httpx.get(f"{url(process)}/v1/models", trust_env=False)
    ended = stop(process, number)

    assert (0, "", []) == (*ended, command.alive())


@pytest.mark.skipif(sys.platform != "linux", reason="limits a running process")
def test_server_without_files_to_open_lives_and_recovers(command):
    """Too many connections are refused; when they are gone, all is as before."""
    process = command.start("--port", "0", "--replay")
    base = url(process)
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (48, hard))
    host, port = base.removeprefix("http://").split(":")
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=HANG))
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{base}/health", trust_env=False, timeout=2)
    while True:  # until the server has noticed that they are gone
        with suppress(httpx.TransportError):
            answered = httpx.get(f"{base}/health", trust_env=False, timeout=HANG)
            break

    assert (200, 0) == (answered.status_code, stop(process)[0])
