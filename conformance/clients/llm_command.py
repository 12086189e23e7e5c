"""The `llm` command, with a model of one's own in `extra-openai-models.yaml`."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import cases

MODELS = f"""
- model_id: claude
  model_name: {cases.MODEL}
  api_base: {cases.URL}
  supports_tools: true
  supports_schema: true
  vision: true
"""


def llm(*arguments):
    """Run the command."""
    Path("settings").mkdir(exist_ok=True)
    Path("settings/extra-openai-models.yaml").write_text(MODELS)
    known = os.environ | {"OPENAI_API_KEY": cases.KEY, "LLM_USER_PATH": str(Path("settings").absolute())}
    command = [str(Path(sys.executable).with_name("llm")), "prompt", "-m", "claude", "--no-log", *arguments]
    return subprocess.run(command, env=known, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def said(*arguments):
    """Return what the command prints."""
    done = llm(*arguments)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout.strip()


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, said("--no-stream", cases.CHAT))


def stream():
    """The same with a stream, which is the command's default."""
    cases.same(cases.HELLO, said(cases.CHAT))


def tools():
    """Calls of a function, two at once and then one more."""
    function = f"""
def get_weather(city: str) -> str:
    'Tell the weather of a city.'
    return {cases.WEATHER!r}[city]
"""
    cases.same(cases.COMPARED, said("--functions", function, cases.TOOLS))


def structured():
    """An object that follows a schema."""
    cases.same(cases.ADA, json.loads(said("--schema", json.dumps(cases.SCHEMA), cases.STRUCTURED)))


def image():
    """A picture from a file."""
    Path("a.png").write_bytes(base64.b64decode(cases.PNG.partition(",")[2]))
    cases.same(cases.SEEN, said("-a", "a.png", cases.IMAGE))


def errors():
    """The command fails, and says what is wrong."""
    done = llm(cases.ERRORS)
    cases.same(1, done.returncode)
    cases.contains(cases.TOO_LONG, done.stderr)


cases.run(chat, stream, tools, structured, image, errors)
