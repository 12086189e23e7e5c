"""OpenCode, with cmappy as an OpenAI-compatible provider in `opencode.json`."""

import json
import os
import subprocess
from pathlib import Path

import cases

SETTINGS = {
    "provider": {
        "cmappy": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": cases.URL, "apiKey": cases.KEY},
            "models": {
                cases.MODEL: {"name": "Claude", "tool_call": True, "limit": {"context": 200000, "output": 32000}}
            },
        }
    },
    "permission": {"edit": "allow", "bash": "deny", "webfetch": "deny"},
    "autoupdate": False,
    "share": "disabled",
}


def opencode(message):
    """Run it once, and return what it prints."""
    Path("opencode.json").write_text(json.dumps(SETTINGS))
    known = os.environ | {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
    command = ["opencode", "run", "--model", f"cmappy/{cases.MODEL}", message]
    done = subprocess.run(command, env=known, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def chat():
    """A question and its answer."""
    cases.contains(cases.HELLO, opencode(cases.CHAT))


def edit():
    """A file that it writes with its own tool."""
    path = Path("note.txt").absolute()
    told = opencode(cases.EDIT.format(path=path))
    cases.same(cases.WORD, path.read_text().strip() if path.exists() else told)


cases.run(chat, edit)
