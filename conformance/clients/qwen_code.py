"""Qwen Code, whose OpenAI-compatible provider is set by the environment."""

import os
import subprocess
from pathlib import Path

import cases


def qwen(message):
    """Run it once, and return what it prints."""
    known = os.environ | {
        "OPENAI_BASE_URL": cases.URL,
        "OPENAI_API_KEY": cases.KEY,
        "OPENAI_MODEL": cases.MODEL,
        "QWEN_TELEMETRY_ENABLED": "false",
    }
    command = ["qwen", "--auth-type", "openai", "--approval-mode", "yolo", "--prompt", message]
    done = subprocess.run(command, env=known, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def chat():
    """A question and its answer."""
    cases.contains(cases.HELLO, qwen(cases.CHAT))


def edit():
    """A file that it writes with its own tool."""
    path = Path("note.txt").absolute()
    told = qwen(cases.EDIT.format(path=path))
    cases.same(cases.WORD, path.read_text().strip() if path.exists() else told)


cases.run(chat, edit)
