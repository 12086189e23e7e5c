"""`cmappy recordings`: what it prints, and its exit codes."""

import os

import pytest

from cmappy.__main__ import main
from cmappy.recording.format import Recording
from tests.unit.recording.said import asked, delta


@pytest.fixture
def put(tmp_path):
    """Write a recording into a folder."""

    def write(name, text, answer="Hello."):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Recording(asked(text), (delta(answer),), "2.1.331", "2026-11-25").dump())
        return path

    return write


@pytest.fixture
def recordings(capsys):
    """Run the command; return its exit code, and what it has printed."""

    def run(*arguments):
        with pytest.raises(SystemExit) as done:
            main(["recordings", *map(str, arguments)])
        out, err = capsys.readouterr()
        return done.value.code or 0, out + err

    return run


def test_list_and_show(put, tmp_path, recordings):
    """A table, and a conversation."""
    path = put("a/01.ndjson", "Say hello.")

    assert (0, True) == ((listed := recordings("list", tmp_path))[0], "a/01.ndjson" in listed[1])
    assert (0, True) == ((shown := recordings("show", path))[0], "user: Say hello." in shown[1])


def test_list_goes_on_after_a_bad_file(put, tmp_path, recordings):
    """All that can be read is shown."""
    put("01.ndjson", "Say hello.")
    (tmp_path / "02.ndjson").write_text("torn")

    code, told = recordings("list", tmp_path)

    assert (1, True, True) == (code, "Say hello." in told, "02.ndjson: the header is no JSON object" in told)


def test_check_finds_what_is_wrong(put, tmp_path, recordings):
    """Torn files, newer ones, secrets and rules of no use, each with its place."""
    put("01.ndjson", "Say hello.")
    assert (0, "1 recording, no problems\n") == recordings("check", tmp_path)

    put("02.ndjson", "I am ada@example.org.")
    (tmp_path / "03.ndjson").write_text("torn")
    (tmp_path / "04.ndjson").write_text('{"cmappy":"recording/7"}')
    os.mkfifo(tmp_path / "05.ndjson")
    put("06.ndjson", "Say it.", 5)
    (tmp_path / "recordings.toml").write_text("ignore = ['(']")

    code, told = recordings("check", tmp_path)

    assert 1 == code
    for part in (
        "02.ndjson:3: this looks like an e-mail",
        "03.ndjson: the header",
        "upgrade cmappy",
        "no regular file",
        "06.ndjson: line 1 of the answer cannot be read",
    ):
        assert part in told
    assert "recordings.toml: `ignore`: '('" in told
    assert "6 recordings, 6 problems" in told


@pytest.mark.parametrize(("asked", "answer"), [("of ACME-12", "Hello."), ("Say hello.", "Hello, ACME-12!")])
def test_check_finds_what_was_recorded_before_it_was_secret(put, tmp_path, recordings, asked, answer):
    """A rule of yours that came later; and nothing once it has been heeded."""
    put("01.ndjson", asked, answer)
    (tmp_path / "recordings.toml").write_text("redact = ['ACME-[0-9]+']")
    code, told = recordings("check", tmp_path)
    assert (1, True) == (code, "01.ndjson: it holds what `redact` in recordings.toml replaces" in told)

    put("01.ndjson", asked.replace("ACME-12", "<redacted>"), answer.replace("ACME-12", "<redacted>"))
    assert 0 == recordings("check", tmp_path)[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lst"], "Did you mean `list`? See `cmappy recordings --help`."),
        (["prune", "x"], "the following arguments are required: --unused. See `cmappy recordings prune --help`."),
        (["diff", "a", "b", "c"], "`c` belongs to no flag or argument."),
    ],
)
def test_what_is_not_understood_is_named(recordings, arguments, told):
    """In one line, with what was meant, and the help that tells more."""
    code, line = recordings(*arguments)

    assert (2, True, 1) == (code, told in line, line.count("\n")), line


def test_check_of_nothing_is_a_failure(tmp_path, recordings):
    """A wrong folder in a workflow must not pass."""
    assert 1 == recordings("check", tmp_path)[0]
    assert 1 == recordings("list", tmp_path)[0]
    assert 1 == recordings("check", tmp_path / "gone")[0]


def test_prune_deletes_what_the_report_names(put, tmp_path, recordings):
    """Neither more, nor what was recorded since, nor anything elsewhere."""
    kept, gone, newer = put("01.ndjson", "a"), put("x/02.ndjson", "b"), put("03.ndjson", "c")
    outside = put("../outside.ndjson", "d")
    report = tmp_path / "unused.txt"
    report.write_text("x/02.ndjson\n03.ndjson\n04.ndjson\n")
    os.utime(newer, (4e9, 4e9))

    assert (0, True) == ((dry := recordings("prune", tmp_path, "--unused", report, "--dry-run"))[0], gone.exists())
    assert f"would delete {gone}" in dry[1]
    code, told = recordings("prune", tmp_path, "--unused", report)
    assert (0, True, False, True) == (code, kept.exists(), gone.parent.exists(), newer.exists())
    assert f"kept {newer}: it was recorded after the report was written" in told

    report.write_text("../outside.ndjson\n")
    assert (1, True) == (recordings("prune", tmp_path, "--unused", report)[0], outside.exists())
    assert 1 == recordings("prune", tmp_path, "--unused", tmp_path / "gone.txt")[0]


def test_diff(put, tmp_path, recordings):
    """Of two files, or of two folders by what was asked."""
    one, other = put("a/01.ndjson", "Say hello."), put("b/09.ndjson", "Say hello.", "Hi.")
    put("a/02.ndjson", "only a")
    put("b/03.ndjson", "only b")

    assert (0, "They say the same.\n") == recordings("diff", one, one)
    assert (0, "They say the same.\n") == recordings("diff", tmp_path / "a", tmp_path / "a")
    assert (1, True) == ((files := recordings("diff", one, other))[0], "The answer differs:" in files[1])
    code, told = recordings("diff", tmp_path / "a", tmp_path / "b")
    assert 1 == code
    for part in ("only in", "02.ndjson", "03.ndjson", "01.ndjson: The answer differs"):
        assert part in told


def test_nothing_moves_the_cursor(put, recordings):
    """A recording may come from anybody."""
    assert "\x1b" not in recordings("show", put("01.ndjson", "\x1b[2J"))[1]
