"""Continue's `cn`, with a model of the provider `openai` in a `config.yaml`."""

import os
import subprocess
from pathlib import Path

import cases

SETTINGS = f"""
name: cmappy
version: 1.0.0
schema: v1
models:
  - name: Claude
    provider: openai
    model: {cases.MODEL}
    apiBase: {cases.URL}
    apiKey: {cases.KEY}
    roles: [chat, edit, apply]
    capabilities: [tool_use, image_input]
"""


def cn(message):
    """Run it once, and return what it prints."""
    Path("config.yaml").write_text(SETTINGS)
    known = os.environ | {"CONTINUE_TELEMETRY_ENABLED": "0", "CONTINUE_CLI_ENABLE_TELEMETRY": "0"}
    command = ["cn", "--config", "config.yaml", "--auto", "-p", message]
    done = subprocess.run(command, env=known, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def chat():
    """A question and its answer."""
    cases.contains(cases.HELLO, cn(cases.CHAT))


def edit():
    """A file that it writes with its own tool."""
    path = Path("note.txt").absolute()
    told = cn(cases.EDIT.format(path=path))
    cases.same(cases.WORD, path.read_text().strip() if path.exists() else told)


cases.run(chat, edit)
