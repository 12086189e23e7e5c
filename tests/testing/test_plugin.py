"""The pytest plugin, used by a small program as its user would."""

import re
import shutil
import subprocess
import sys

GREETING = "recordings/test_app/test_greeting_names_the_guest/01-greet-ada-in-one-line-aac9.ndjson"


def test_example_is_replayed_in_parallel(project):
    """Every test is answered from its own folder, and nothing is left over."""
    code, told = project.pytest("-n", "2", "--cmappy-unused=fail")

    assert 0 == code, told
    assert "5 passed" in told
    assert "unused" not in told


def test_changed_prompt_fails_with_the_difference(project):
    """In pytest's own report, with the command that records it."""
    project.change("app.py", "in one line", "in two lines")

    code, told = project.pytest("--cmappy-unused=fail", "--tb=short")

    assert 1 == code
    assert "cmappy: no recording" in told
    assert "-user: Greet Ada in one line.\n+user: Greet Ada in two lines." in told
    assert "pytest --cmappy-record=missing test_app.py::test_greeting_names_the_guest" in told
    assert "1 failed, 4 passed" in told


def test_miss_that_the_program_swallows_is_no_success(project):
    """A program that goes on without an answer must not pass for a tested one."""
    (project.folder / "test_app.py").write_text(
        "import app\n\ndef test_it(cmappy):\n    try:\n        app.greet('Bob')\n    except Exception:\n        pass\n"
    )

    code, told = project.pytest()

    assert 1 == code
    assert "1 passed, 1 error" in told
    assert "there is none in" in told


def test_unused_recordings_are_told(project):
    """Of a test, of a test that is gone, and of a module that is gone; only a whole run can tell of these."""
    tests = project.folder / "recordings" / "test_app"
    for name in ("test_greeting_names_the_guest", "test_gone", "../test_old/test_older"):
        (tests / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(tests / "test_plan_has_three_words" / "01-plan-my-day-in-three-words-8cf9.ndjson", tests / name)
    unused = {
        f"unused: recordings/{name}/01-plan-my-day-in-three-words-8cf9.ndjson"
        for name in ("test_app/test_greeting_names_the_guest", "test_app/test_gone", "test_old/test_older")
    }

    def told(*arguments):
        code, printed = project.pytest(*arguments)
        return code, {line for line in printed.splitlines() if line.startswith("unused")}

    assert (1, unused) == told("--cmappy-unused=fail", "-n", "2")
    assert (0, unused) == told()
    assert (0, set()) == told("--cmappy-unused=ignore")
    assert (0, set()) == told("-k", "plan")
    assert "This fails the run" in project.pytest("--cmappy-unused=fail")[1]

    code, printed = project.pytest("--cmappy-unused=prune", "-n", "2")
    assert (0, True) == (code, all(line.replace("unused", "deleted") in printed for line in unused)), printed
    assert (0, set()) == told("--cmappy-unused=fail")
    assert {"test_app"} == {path.name for path in (project.folder / "recordings").iterdir()}


def test_shared_folder_counts_all_tests(project):
    """A recording that any test uses is used, whichever process ran that test."""
    shared = project.folder / "shared"
    shared.mkdir()
    for path in (project.folder / "recordings").rglob("*.ndjson"):
        shutil.copy(path, shared / f"{path.parent.name}-{path.name}")
    shutil.rmtree(project.folder / "recordings")
    project.change("test_app.py", "import app\n", "import app\n\n")
    (project.folder / "conftest.py").write_text(
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        item.add_marker(pytest.mark.cmappy(recordings='shared'))\n"
    )

    code, told = project.pytest("-n", "2", "--cmappy-unused=fail")

    assert (0, True) == (code, "5 passed" in told), told


def test_client_that_is_made_on_import(project):
    """The variables can be set before anything is imported."""
    project.change("app.py", "WEATHER = {", "CLIENT = OpenAI()\nWEATHER = {")
    project.change("app.py", "OpenAI().chat", "CLIENT.chat")
    assert 2 == project.pytest()[0]

    (project.folder / "pytest.ini").write_text("[pytest]\ncmappy_session = true\n")
    code, told = project.pytest("-n", "2")

    assert (0, True) == (code, "5 passed" in told), told


def test_nothing_is_recorded_where_ci_is_set(project):
    """A workflow asks nobody, whatever its command line says."""
    shutil.rmtree(project.folder / "recordings")

    code, told = project.pytest("--cmappy-record=missing", "-k", "greeting", CI="true")

    assert (1, {}) == (code, project.recordings())
    assert "there is none in" in told


def test_bad_rules_are_told(project):
    """With the file that holds them; and so are options of the marker that there are not."""
    (project.folder / "recordings" / "recordings.toml").write_text("ignore = ['(']")
    code, told = project.pytest("-k", "greeting")
    assert (1, True) == (code, "recordings.toml: `ignore`: '(' is no regular expression" in told), told

    project.change("test_app.py", "cmappy(ignore=", "cmappy(ingore=")
    assert "the marker cmappy has no 'ingore'" in project.pytest("-k", "plan")[1]


def test_other_names_of_models(project):
    """Unknown, a model is a miss that names it; recordings.toml says what is meant."""
    project.change("app.py", 'model="sonnet", stream=True', 'model="gpt-4o", stream=True')
    code, told = project.pytest("-k", "greeting", "--tb=short")
    assert (1, True) == (code, "-model: sonnet\n+model: gpt-4o" in told), told

    (project.folder / "recordings" / "recordings.toml").write_text('models = { "gpt-4o" = "sonnet" }')
    code, told = project.pytest("-k", "greeting")
    assert 0 == code, told


def test_names_of_tests_become_folders(project):
    """Each test has a folder of its own, whatever its parameters are called."""
    (project.folder / "test_app.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('it', ['1', '[1]', '', '..', 'a/b', 'a b', 'a::b', 'x' * 150])\n"
        "def test_it(cmappy, it):\n    import app\n    app.greet(it)\n\n"
        "class TestMore:\n    def test_it(self, cmappy):\n        import app\n        app.greet('x')\n"
    )

    told = project.pytest("--tb=line")[1]

    folders = re.findall(r"there is none in \S+recordings/test_app/(\S+) yet", told)
    assert 9 == len(set(folders)), told
    assert {"test_it-1", "TestMore.test_it"} < set(folders)
    assert [] == [name for name in folders if "/" in name or name.endswith(".") or len(name) > 110]


def test_interrupted_run_ends_in_order(project):
    """A Ctrl-C reaches the server's terminal too; it ends with pytest, and not before."""
    (project.folder / "test_app.py").write_text(
        "import os, signal\n\nimport app\n\ndef test_it(cmappy):\n    app.greet('Ada')\n"
        "    os.killpg(0, signal.SIGINT)\n    signal.pause()\n"
    )
    recordings = project.folder / "recordings" / "test_app"
    shutil.copytree(recordings / "test_greeting_names_the_guest", recordings / "test_it")

    code, told = project.pytest()

    assert (2, True, False) == (code, "KeyboardInterrupt" in told, "Traceback" in told), told


def test_session_without_the_fixture_pays_nothing(project):
    """No server, and no import of weight: neither what serves nor what checks. What is there in the end is counted."""
    (project.folder / "test_app.py").write_text("def test_it():\n    pass\n")
    (project.folder / "conftest.py").write_text(
        "import sys\n\ndef pytest_unconfigure():\n    print('loaded:', *sorted(sys.modules))\n"
    )

    code, told = project.pytest("-s", "-p", "cmappy.testing.plugin", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")

    loaded = re.search("^loaded: (.*)", told, re.MULTILINE)[1].split()
    assert (0, {"cmappy", "cmappy.testing", "cmappy.testing.plugin"}) == (
        code,
        {name for name in loaded if name.split(".")[0] == "cmappy"},
    )
    assert set() == {"sanic", "pydantic", "orjson", "asyncio", "jsonschema_rs"} & set(loaded)


def test_node_uses_the_same_recordings(project):
    """Any language can: the server is started beside its tests, and tells what they did not use."""
    command = [sys.executable, "-m", "cmappy", "--port", "0", "--replay", "recordings", "--unused-report", "unused.txt"]
    with subprocess.Popen(
        command, cwd=project.folder, env=project.variables, stdout=subprocess.PIPE, text=True
    ) as server:
        url = server.stdout.readline().split()[-1]
        code, told = project.run("node", "--test", OPENAI_BASE_URL=url)
        server.terminate()
        server.wait()

    assert 0 == code, told
    unused = (project.folder / "unused.txt").read_text("utf-8").splitlines()
    assert 3 == len(unused)
    assert GREETING.removeprefix("recordings/") not in unused


def test_recording_again_changes_nothing(project, recording):
    """The real CLI, new ids of calls: the same files, byte for byte but for the time it took."""
    before = project.recordings()

    code, told = project.pytest("--cmappy-record=rewrite", "-n", "2")

    assert 0 == code, told
    assert before == project.recordings()


def test_prompt_is_changed_and_recorded_anew(project, recording):
    """Only what is missing is asked; what is not used any more is named, and goes with a rewrite."""
    for file in ("app.py", "test_app.py"):
        project.change(file, "in one line", "briefly")

    code, told = project.pytest("--cmappy-record=missing")
    assert (0, 5) == (code, len(project.recordings())), told
    assert f"unused: {GREETING}" in told
    assert "recorded 1 in" in told

    code, told = project.pytest("--cmappy-record=rewrite", "-k", "greeting")
    assert (0, 4) == (code, len(project.recordings())), told
    assert GREETING not in project.recordings()
    assert 0 == project.pytest("--cmappy-unused=fail")[0]


def test_what_looks_like_a_secret_is_told(project, recording):
    """By the run that records it, with file and line: later it is in the history of the repository."""
    for file in ("app.py", "test_app.py"):
        project.change(file, "in one line", "(ada@corp-mail.io)")

    code, told = project.pytest("--cmappy-record=missing", "-k", "greeting")

    assert 0 == code, told
    assert re.search(r"test_greeting_names_the_guest/\S+ndjson:3: this looks like an e-mail address", told), told


def test_cli_that_is_not_there_is_told_once_for_each_test(project):
    """In pytest's own words of a failure, without a second error."""
    code, told = project.pytest("--cmappy-record=missing", "-k", "greeting", CMAPPY_CLAUDE="no-such-cli")

    assert (1, 1) == (code, told.count("cmappy: The Claude Code CLI was not found as `no-such-cli`")), told
    assert "During handling" not in told


def test_recordings_remember_the_names_of_models(project, recording):
    """Who has recorded under another name need not say it again: neither to replay nor to record anew."""
    project.change("app.py", 'model="sonnet"', 'model="gpt-4o"')
    code, told = project.pytest("--cmappy-record=rewrite", CMAPPY_MODEL_MAP="gpt-4o=sonnet")
    assert 0 == code, told

    assert 0 == project.pytest("--cmappy-unused=fail")[0]
    assert 0 == project.pytest("--cmappy-record=rewrite", "-k", "greeting")[0]
    assert 0 == project.pytest("--cmappy-unused=fail")[0]
