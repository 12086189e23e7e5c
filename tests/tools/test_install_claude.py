"""What `tools/install-claude` does without a network: versions, and an installation that is there already."""

import argparse
import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "install-claude"
NATIVE = "node_modules/@anthropic-ai/claude-code-linux-x64/claude"
MUSL = "node_modules/@anthropic-ai/claude-code-linux-x64-musl/claude"
LINK = "node_modules/.bin/claude"


@pytest.fixture
def script(monkeypatch, tmp_path):
    """Load the script as a module, with a cache of its own, on a known platform, without npm."""
    loader = importlib.machinery.SourceFileLoader("install_claude", str(SCRIPT))
    spec = importlib.util.spec_from_loader("install_claude", loader)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "CACHE", tmp_path)
    monkeypatch.setattr(module.platform, "system", lambda: "Linux")
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    return module


def place(path, version="2.1.330"):
    """Put a program where the CLI would be."""
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho '{version} (Claude Code)'\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("text", ["2.1.330", "2.2.0-beta.1"])
def test_version_number_is_taken(script, text):
    """A full version is pinned."""
    assert text == script.version_number(text)


@pytest.mark.parametrize("text", ["latest", "^2.1.330", "2.1", "../2.1.330", "2.1.330 "])
def test_version_that_is_not_pinned_is_refused(script, text):
    """A tag, a range or a path would install something else tomorrow, or elsewhere."""
    with pytest.raises(argparse.ArgumentTypeError, match=r"no version number such as 2\.1\.\d+"):
        script.version_number(text)


@pytest.mark.parametrize(
    ("output", "version"),
    [("2.1.330 (Claude Code)\n", "2.1.330"), ("command not found", None), ("", None)],
    ids=["version", "noise", "nothing"],
)
def test_version_is_read_from_the_answer(script, output, version):
    """Only the CLI's own line counts."""
    assert version == script.told_version(output)


@pytest.mark.parametrize(
    ("present", "found"),
    [([NATIVE, LINK], NATIVE), ([MUSL, LINK], MUSL), ([LINK], LINK)],
    ids=["native", "musl", "link"],
)
def test_binary_of_the_platform_is_preferred(script, tmp_path, present, found):
    """The native binary needs no node; npm's link is for platforms that name theirs otherwise."""
    for path in present:
        place(tmp_path / path)

    assert tmp_path / found == script.find_binary(tmp_path)


def test_nothing_is_found_where_nothing_is(script, tmp_path):
    """An empty directory is no installation."""
    assert None is script.find_binary(tmp_path)


def test_present_installation_is_used(script, monkeypatch, capsys, tmp_path):
    """With the binary there, nothing is installed and its path is the last line of stdout."""
    place(tmp_path / script.PINNED / NATIVE, version=script.PINNED)
    monkeypatch.setattr("sys.argv", ["install-claude"])

    script.main()

    assert f"{tmp_path}/{script.PINNED}/{NATIVE}\n" == capsys.readouterr().out


def test_binary_of_another_version_is_refused(script, monkeypatch, tmp_path):
    """A directory that lies about its version would make every test claim the wrong thing."""
    place(tmp_path / script.PINNED / NATIVE, version="2.1.9")
    monkeypatch.setattr("sys.argv", ["install-claude"])

    with pytest.raises(SystemExit, match=rf"should say {script.PINNED}; it said '2\.1\.9 \(Claude Code\)'"):
        script.main()


def test_missing_npm_is_told(script, monkeypatch, capsys):
    """Without npm the script says what to install, and puts nothing on stdout."""
    monkeypatch.setattr("sys.argv", ["install-claude"])

    with pytest.raises(SystemExit, match="npm is needed"):
        script.main()

    assert "" == capsys.readouterr().out
