"""Codex, OpenAI's program that edits files, by responses: to it the server is a provider of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cases

PROVIDER = f'{{name="cmappy",base_url="{cases.URL}",wire_api="responses",env_key="API_KEY"}}'
OWN = ['model_provider="cmappy"', f"model_providers.cmappy={PROVIDER}"]
BUILT_IN = [f'openai_base_url="{cases.URL}"']
SETTINGS = [
    'approval_policy="never"',
    'sandbox_mode="danger-full-access"',
    "analytics.enabled=false",
]


def codex(prompt, *more, model=cases.MODEL, wanted=0, provider=OWN):
    """Run it once, and return what it prints; `wanted` is the exit code."""
    command = ["codex", "exec", "--skip-git-repo-check", "-m", model]
    for setting in [*provider, *SETTINGS]:
        command += ["-c", setting]
    done = subprocess.run(
        [*command, *more, "--", prompt],
        env=os.environ | {"CODEX_API_KEY": cases.KEY},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    told = done.stdout.decode("utf-8", "replace")
    if done.returncode != wanted:
        sys.exit(f"exit code {done.returncode}: {told[-1500:]}")
    return told


def chat():
    """A question and its answer; as its built-in provider the server is asked for a WebSocket first, and says no."""
    for provider in (OWN, BUILT_IN):
        told = codex(cases.CHAT, "--output-last-message", "last.txt", provider=provider)
        cases.same(cases.HELLO, Path("last.txt").read_text().strip())
        cases.same(False, "Reconnecting" in told)


def structured():
    """An object that follows a schema."""
    Path("schema.json").write_text(json.dumps(cases.SCHEMA))
    codex(cases.STRUCTURED, "--output-schema", "schema.json", "--output-last-message", "last.txt")
    cases.same(cases.ADA, json.loads(Path("last.txt").read_text()))


def edit():
    """A file written by a command, and one by the plain-text tool that models it knows are given."""
    for model, name in (cases.MODEL, "a.txt"), ("gpt-5.5", "b.txt"):
        path = Path(name).absolute()
        codex(cases.EDIT.format(path=path), model=model)
        cases.same(cases.WORD, path.read_text().strip())


def errors():
    """An error stops it at once, and it says what is wrong in its own words."""
    told = codex(cases.ERRORS, wanted=1)
    cases.contains("ran out of room", told)
    cases.same(False, "Reconnecting" in told)


cases.run(chat, structured, edit, errors)
