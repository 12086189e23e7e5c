"""What a test holds: the server that answers it, and what it was asked."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

_PATIENCE = 20.0  # seconds until a process that is told to end is killed


class Failed(Exception):
    """The server cannot do what it was told; the message says why."""


class Server:
    """A server in a process of its own, which ends with this one. It is told what to do line by line."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `close`)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cmappy.testing.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            text=True,
            encoding="utf-8",
            # A Ctrl-C is for pytest, which still has to ask what was recorded.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.url: str = self._answer()["url"]

    def tell(self, what: str, **more: Any) -> dict[str, Any]:
        """Tell the server something and return its answer; raises Failed."""
        if self._process.stdin is None:
            raise Failed("the server has no input")
        try:
            self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # what it has said in the end tells why
        return self._answer()

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._log.seek(0)
            raise Failed(f"cmappy's server has ended: {self._log.read().decode(errors='replace')[-2000:].strip()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer


@dataclass(frozen=True, slots=True)
class Request:
    """What a program asked the model: `turn` is all of it, in the form of the Messages API.

    `recording` is the file that answered it, None where the CLI did or nobody could. `error` is what the program was
    told instead of an answer, `missed` whether that was because there is no recording.
    """

    turn: dict[str, Any]
    recording: str | None = None
    error: str | None = None
    missed: bool = False

    @property
    def model(self) -> str:
        """The model, as the CLI is asked for it."""
        return str(self.turn["model"])

    @property
    def system(self) -> str:
        """The system prompt, empty without one."""
        return str(self.turn.get("system", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation."""
        messages: list[dict[str, Any]] = self.turn["messages"]
        return messages

    @property
    def tools(self) -> list[str]:
        """The names of the offered functions."""
        return [tool["name"] for tool in self.turn.get("tools", ())]

    @property
    def text(self) -> str:
        """The text of the last message."""
        return "\n".join(block["text"] for block in self.messages[-1]["content"] if block["type"] == "text")


class Cmappy:
    """The fixture `cmappy`. `base_url` is for OpenAI's SDKs, `anthropic_url` for Anthropic's."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.anthropic_url = server.url
        self.base_url = f"{server.url}/v1"
        self.api_key = "unused"

    @property
    def requests(self) -> list[Request]:
        """What was asked in this test so far."""
        return [Request(**asked) for asked in self._server.tell("report")["asked"]]

    def client(self, **options: Any) -> Any:
        """Return a client of OpenAI's SDK that asks this server; needs the package `openai`."""
        sdk = import_module("openai")  # the user's own; cmappy has no need of it
        return sdk.OpenAI(**{"base_url": self.base_url, "api_key": self.api_key} | options)

    def anthropic(self, **options: Any) -> Any:
        """Return a client of Anthropic's SDK that asks this server; needs the package `anthropic`."""
        sdk = import_module("anthropic")
        return sdk.Anthropic(**{"base_url": self.anthropic_url, "api_key": self.api_key} | options)

    @contextmanager
    def scenario(self, name: str) -> Iterator[None]:
        """Answer everything in the block with a scenario, such as `overloaded`, whatever was recorded."""
        self._server.tell("scenario", name=name)
        try:
            yield
        finally:
            self._server.tell("scenario", name="")
