"""aider, which edits files by what the model writes."""

import os
import subprocess
import sys
from pathlib import Path

import cases

FLAGS = [
    *("--no-check-update", "--no-show-model-warnings", "--no-git", "--yes-always", "--no-analytics", "--no-pretty"),
    *("--no-show-release-notes", "--no-detect-urls", "--no-gitignore", "--map-tokens", "0"),
]


def aider(message, *arguments):
    """Run the command with one message, and return what it prints."""
    known = os.environ | {"OPENAI_API_BASE": cases.URL, "OPENAI_API_KEY": cases.KEY}
    command = [str(Path(sys.executable).with_name("aider")), "--model", f"openai/{cases.MODEL}", *FLAGS, *arguments]
    done = subprocess.run(
        [*command, "--message", message], env=known, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.stdout + done.stderr


def chat():
    """A question and its answer."""
    cases.contains(cases.HELLO, aider(cases.CHAT, "--no-stream", "--chat-mode", "ask"))


def stream():
    """The same with a stream, which is the command's default."""
    cases.contains(cases.HELLO, aider(cases.CHAT, "--chat-mode", "ask"))


def edit():
    """A file that the model tells it to write."""
    path = Path("note.txt").absolute()
    told = aider(cases.EDIT.format(path=path), "--edit-format", "diff", str(path))
    cases.same(True, path.exists() or told)
    cases.same(cases.WORD, path.read_text().strip() or told)


cases.run(chat, stream, edit)
