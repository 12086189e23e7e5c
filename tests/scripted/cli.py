"""A program that stands in for the Claude Code CLI: it speaks the same protocol, and needs no API.

It answers with a digest of exactly what it has been told and the last question, so that words of another conversation
show. An order in the question makes it do something else: `!call 2` calls tools, `!length` reaches the token limit,
`!hang` falls silent after the first words, `!fault <name>` misbehaves (see faults.py).

It hears as the real one does: assistant lines count at once, user lines one after the other, so that whoever does not
wait for acknowledgements gets a conversation in the wrong order.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

import faults
import speech
from told import digest, last_text, text

VERSION = "2.1.330 (Claude Code)"
MODELS = [{"value": name, "resolvedModel": f"claude-{name}-5-5"} for name in ("sonnet", "opus", "haiku")]
NOWHERE = "https://127.0.0.1:9"  # the API, once cmappy has locked it


class Cli:
    """One process with its one conversation."""

    def __init__(self):
        self.system, self.tools, self.model, self.effort = [], [], "default", None
        self.variables = {}
        self.messages, self.calls, self.results = [], [], {}
        self.answers = 0

    def run(self):
        """Read to the end of stdin."""
        rest = []
        while data := os.read(0, 1 << 20):
            first, *others = data.split(b"\n")
            rest.append(first)
            if others:
                lines = [json.loads(line) for line in (b"".join(rest), *others[:-1])]
                rest = others[-1:]
                for line in sorted(lines, key=lambda line: line["type"] == "user"):
                    self.hear(line)

    def hear(self, line):
        """Do what one line asks for."""
        match line["type"]:
            case "control_request":
                self.set(line["request_id"], line["request"])
            case "control_response":
                self.take_result(line["response"])
            case "assistant":
                self.messages.append(line["message"])
            case "user":
                assert line["client_composed"] is True
                self.messages.append(line["message"])
                if line.get("shouldQuery", True):
                    self.answer()
                else:
                    faults.in_history(last_text(self.messages))
                    speech.say({"type": "system", "subtype": "init"}, speech.result(turns=0, reason=None))

    def set(self, id, request):
        """Do a control request, and answer it."""
        if request["subtype"] == "initialize":
            self.system = request["systemPrompt"]
            for manifest in request.get("sdkMcpServerManifests", {}).values():
                self.tools = sorted(tool["name"] for tool in manifest["toolsListResult"]["tools"])
            speech.say(speech.done(id, {"models": MODELS, "account": {"tokenSource": "oauth", "pid": os.getpid()}}))
            return
        settings = request["settings"]
        self.model = settings.get("model", self.model)
        self.effort = settings.get("effortLevel", self.effort)
        self.variables |= settings.get("env", {})
        speech.say(speech.done(id))

    def take_result(self, response):
        """Note what a tool returned, and go on when all have."""
        content = response["response"]["mcp_response"]["result"]["content"]
        self.results[response["request_id"]] = content
        if len(self.results) == len(self.calls):
            results = [{"type": "tool_result", "tool_use_id": id, "content": self.results[id]} for id in self.calls]
            self.messages.append({"role": "user", "content": results})
            self.calls, self.results = [], {}
            self.answer()

    def told(self):
        """Return the digest of all that the model is told now."""
        limit = self.variables.get("CLAUDE_CODE_MAX_OUTPUT_TOKENS")
        extra = self.variables.get("CLAUDE_CODE_EXTRA_BODY")
        return digest(
            model=self.model,
            system=self.system,
            tools=self.tools,
            messages=self.messages,
            max_tokens=int(limit) if limit else None,
            effort=self.effort,
            thinking=not self.variables.get("CLAUDE_CODE_DISABLE_THINKING"),
            extra=json.loads(extra) if extra else None,
        )

    def answer(self):
        """Ask the model, who does as the question orders."""
        if self.variables.get("ANTHROPIC_BASE_URL") == NOWHERE:
            speech.say(speech.result(is_error=True, terminal_reason="api_error", result="Connection refused"))
            return
        self.answers += 1
        question = last_text(self.messages)
        order, argument = re.search(r"!(\w+)(?: (\w+))?|$", question).groups()
        model = next((each["resolvedModel"] for each in MODELS if each["value"] == self.model), self.model)
        answer = f"{self.told()} {question}"
        match order:
            case "call":
                self.call(model, int(argument))
            case "fault":
                faults.in_answer(argument, model, answer)
                self.messages.append({"role": "assistant", "content": [text(answer)]})
            case "hang":
                speech.say(*speech.start(model, self.answers), *speech.text_block(0, answer, self.answers)[:3])
                time.sleep(3600)
            case _:
                self.speak(model, answer, "max_tokens" if order == "length" else "end_turn")

    def speak(self, model, answer, reason):
        """Answer in words; after a token limit the CLI asks the model by itself to go on."""
        speech.say(
            *speech.start(model, self.answers), *speech.text_block(0, answer, self.answers), *speech.stop(reason)
        )
        self.messages.append({"role": "assistant", "content": [text(answer)]})
        if reason == "max_tokens":
            time.sleep(0.02)
            self.messages.append({"role": "user", "content": [text("Output token limit hit. Resume directly.")]})
            self.answer()
        else:
            speech.say(speech.result(reason=reason))

    def call(self, model, count):
        """Call tools, and wait for their results."""
        told = self.told()
        calls = [
            {"id": f"toolu_{told}_{at}", "name": self.tools[at % len(self.tools)], "input": {"of": told, "at": at}}
            for at in range(count)
        ]
        lines = [line for at, call in enumerate(calls) for line in speech.call_block(at, call, self.answers)]
        self.calls = [call["id"] for call in calls]
        self.messages.append({"role": "assistant", "content": [{"type": "tool_use", **call} for call in calls]})
        speech.say(*speech.start(model, self.answers), *lines, *speech.stop("tool_use"))


def main(fault_file, *arguments):
    """Be the CLI; a name in `fault_file` is a fault that it has from the start."""
    if "--version" in arguments:
        print(faults.version(fault_file) or VERSION)
    elif "auth" in arguments:
        print(json.dumps({"loggedIn": True, "authMethod": "oauth_token"}))
    else:
        faults.at_start(fault_file)
        Cli().run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
