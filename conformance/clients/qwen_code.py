"""Qwen Code, whose OpenAI-compatible provider is set by the environment."""

import json
import os
import subprocess
from pathlib import Path

import cases

SETTINGS = {
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "general": {"disableAutoUpdate": True, "disableUpdateNag": True, "enableAutoUpdate": False},
}


def qwen(message):
    """Run it once, and return what it prints; it knows no exception from a proxy, and tells nobody of its use."""
    settings = Path.home() / ".qwen" / "settings.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(json.dumps(SETTINGS))
    direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    known = direct | {
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
