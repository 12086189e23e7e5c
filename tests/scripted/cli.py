"""A program that stands in for the Claude Code CLI: it speaks the same protocol, and needs no API, but asks one it has.

It answers with a digest of exactly what it has been told and the last question, so that words of another conversation
show. An order in the question makes it do something else: `!call 2` calls tools, `!length` reaches the token limit,
`!hang` falls silent after the first words, `!fault <name>` misbehaves (see faults.py).

It hears as the real one does: assistant lines count at once, user lines one after the other, so that whoever does not
wait for acknowledgements gets a conversation in the wrong order. It can be interrupted, rewound and switched like the
real one: a system prompt counts from an empty conversation on, a server that it knows is not asked for its tools again,
and a tool keeps the first description that it had with its schema.
"""

import json
import os
import re
import select
import sys
from pathlib import Path

import api
import faults
import speech
from told import bare, canaries, digest, last_text, text

VERSION = "2.1.330 (Claude Code)"
MODELS = [{"value": name, "resolvedModel": f"claude-{name}-5-5"} for name in ("sonnet", "opus", "haiku")]
NOWHERE = "https://127.0.0.1:9"  # the API, once cmappy has locked it


class Cli:
    """One process with its one conversation at a time."""

    def __init__(self, fault):
        self.fault = fault
        self.system, self.tools, self.model, self.effort = [], [], "default", None
        self.variables, self.hooks, self.server = {}, {}, None
        self.descriptions = {}  # of tools, by name and schema
        self.messages, self.uuids, self.calls, self.results = [], [], [], {}
        self.answers = 0
        self.running = False  # a turn is under way, which can be interrupted
        self.hook = None  # what is said once the hook has been answered
        self.later = None  # what the CLI does by itself, a moment later

    def run(self):
        """Read to the end of stdin."""
        rest = []
        while True:
            ready, _, _ = select.select([0], [], [], 0.02 if self.later else None)
            if not ready:
                doing, self.later = self.later, None
                doing()
                continue
            data = os.read(0, 1 << 20)
            if not data:
                return
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
                self.control(line["request_id"], line["request"])
            case "control_response":
                self.take(line["response"])
            case "assistant":
                self.add(line["message"], None)
            case "user":
                assert line["client_composed"] is True
                self.add(line["message"], line["uuid"])
                if line.get("shouldQuery", True):
                    self.answer()
                else:
                    faults.in_history(last_text(self.messages))
                    speech.say({"type": "system", "subtype": "init"}, speech.result(turns=0, reason=None))

    def add(self, message, uuid):
        """Have one more message in the conversation."""
        self.messages.append(bare(message))
        self.uuids.append(uuid)

    def control(self, id, request):
        """Do a control request, and answer it."""
        if self.fault == f"refuses_{request['subtype']}":
            speech.say(speech.refused(id, "not now"))
            return
        idle = self.fault == f"ignores_{request['subtype']}"  # acknowledges, and does nothing
        match request["subtype"]:
            case "initialize":
                self.initialize(request)
                account = {"tokenSource": "oauth", "pid": os.getpid()}
                speech.say(speech.done(id, {"models": MODELS, "account": account}))
                return
            case "apply_flag_settings" if not idle:
                settings = request["settings"]
                if self.fault != "ignores_the_model" or self.model == "default":
                    self.model = settings.get("model", self.model)
                self.effort = settings.get("effortLevel", self.effort)
                self.variables |= settings.get("env", {})
            case "rewind_conversation":
                reason = self.rewind(request, idle=idle)
                speech.say(speech.done(id, {"rewound": not reason} | ({"reason": reason} if reason else {})))
                return
            case "set_model" if not idle:
                self.model = request["model"]
                if not self.messages:
                    self.system = [request["system_prompt"]]
            case "mcp_set_servers" if not idle:
                self.offer(request["servers"])
            case "interrupt":
                speech.say(speech.done(id))
                self.interrupt()
                return
            case "side_question":
                speech.say(speech.done(id, {"response": "(API error)", "synthetic": True}))
                return
        speech.say(speech.done(id))

    def initialize(self, request):
        """Open the conversation."""
        self.system, self.hooks = request["systemPrompt"], request.get("hooks", {})
        for server, manifest in request.get("sdkMcpServerManifests", {}).items():
            self.server = server
            self.define(manifest["toolsListResult"]["tools"])

    def rewind(self, request, *, idle=False):
        """Forget a message and all after it; return why not, if it cannot be."""
        newest = next((uuid for uuid in reversed(self.uuids) if uuid), None)
        if self.running:
            return "turn_running"
        if request["last_seen_user_message_uuid"] != newest or request["target_message_uuid"] not in self.uuids:
            return "stale_target"
        if not idle:
            at = self.uuids.index(request["target_message_uuid"])
            del self.messages[at:], self.uuids[at:]
        return ""

    def offer(self, servers):
        """Ask a server that is new for its tools; have none of one that has gone."""
        server = next(iter(servers), None)
        if server is None:
            self.tools, self.server = [], None
        elif server != self.server:
            self.tools, self.server = [], server
            message = {"jsonrpc": "2.0", "id": 0, "method": "tools/list", "params": {}}
            request = {"subtype": "mcp_message", "server_name": server, "message": message}
            speech.say({"type": "control_request", "request_id": "list", "request": request})

    def define(self, tools):
        """Have other tools."""
        self.tools = []
        for tool in sorted(tools, key=lambda tool: tool["name"]):
            key = tool["name"], json.dumps(tool["inputSchema"])
            description = self.descriptions.setdefault(key, tool["description"])
            self.tools.append({"name": key[0], "description": description, "input_schema": tool["inputSchema"]})

    def interrupt(self):
        """Give up the turn that is under way; a note stays in the conversation."""
        if not self.running:
            return
        self.running, self.later, self.hook, self.calls, self.results = False, None, None, [], {}
        self.add({"role": "user", "content": [text("[Request interrupted by user]")]}, None)
        speech.say(speech.result(subtype="error_during_execution", is_error=True, terminal_reason="aborted_streaming"))

    def take(self, response):
        """Note what a hook or a tool returned, and go on when all have."""
        if response["request_id"] == "hook":
            doing, self.hook = self.hook, None
            if doing:
                doing()
            return
        result = response["response"]["mcp_response"]["result"]
        if response["request_id"] == "list":
            self.define(result["tools"])
            return
        self.results[response["request_id"]] = result["content"]
        if len(self.results) == len(self.calls):
            results = [{"type": "tool_result", "tool_use_id": id, "content": self.results[id]} for id in self.calls]
            self.add({"role": "user", "content": results}, None)
            self.calls, self.results = [], {}
            self.answer()

    def request(self):
        """Return all that the model is told now, and the fields beside."""
        limit = self.variables.get("CLAUDE_CODE_MAX_OUTPUT_TOKENS")
        extra = json.loads(self.variables.get("CLAUDE_CODE_EXTRA_BODY") or "{}")
        tools = extra.pop("tools", self.tools)
        if self.fault == "ignores_exact_tools":
            tools = self.tools
        return {
            "model": self.model,
            "system": self.system,
            "tools": tools,
            "messages": self.messages,
            "max_tokens": int(limit) if limit else None,
            "effort": self.effort,
            "thinking": not self.variables.get("CLAUDE_CODE_DISABLE_THINKING"),
            "extra": extra,
        }

    def told(self):
        """Return the digest of all that the model is told now."""
        return digest(**self.request())

    def asked(self, model):
        """Ask the API, if there is one; return the order that its answer is, empty if it is none."""
        url = self.variables.get("ANTHROPIC_BASE_URL") or os.environ.get("ANTHROPIC_BASE_URL")
        if not url:
            return ""
        told = self.request()
        system = [text(block) for block in told["system"]]
        body = {name: told[name] for name in ("messages", "tools", "max_tokens")}
        return "call" if api.ask(url, {**body, "model": model, "system": system}) else "say"

    def answer(self):
        """Ask the model, who does as the question orders."""
        if self.variables.get("ANTHROPIC_BASE_URL") == NOWHERE:
            self.running = False
            speech.say(speech.result(is_error=True, terminal_reason="api_error", result="Connection refused"))
            return
        self.answers += 1
        self.running = True
        question = last_text(self.messages)
        order, argument = re.search(r"!(\w+)(?: (\w+))?|$", question).groups()
        model = next((each["resolvedModel"] for each in MODELS if each["value"] == self.model), self.model)
        answer = f"{self.told()} {question}"
        if len(canaries(self.request())) > 1:
            answer = "words of another conversation"
        match self.asked(model) or order:
            case "call":
                self.call(model, int(argument or 1))
            case "fault":
                faults.in_answer(argument, model, answer)
                self.add({"role": "assistant", "content": [text(answer)]}, None)
                self.running = False
            case "hang":
                speech.say(*speech.start(model, self.answers), *speech.text_block(0, answer, self.answers)[:3])
            case _:
                self.speak(model, answer, "max_tokens" if order == "length" else "end_turn")

    def speak(self, model, answer, reason):
        """Answer in words; the end of the text waits at the hook, and after a token limit the CLI goes on by itself."""
        speech.say(*speech.start(model, self.answers), *speech.text_block(0, answer, self.answers))
        self.hook = lambda: self.end(answer, reason)
        if "MessageDisplay" in self.hooks:
            [callback] = self.hooks["MessageDisplay"][0]["hookCallbackIds"]
            request = {"subtype": "hook_callback", "callback_id": callback}
            speech.say({"type": "control_request", "request_id": "hook", "request": request})
        else:
            self.hook()

    def end(self, answer, reason):
        """End an answer in words."""
        speech.say(*speech.stop(reason))
        self.add({"role": "assistant", "content": [text(answer)]}, None)
        if reason == "max_tokens":
            self.add({"role": "user", "content": [text("Output token limit hit. Resume directly.")]}, None)
            self.later = self.answer
        else:
            self.running = False
            speech.say(speech.result(reason=reason))

    def call(self, model, count):
        """Call tools, and wait for their results."""
        told = self.told()
        calls = [
            {
                "id": f"toolu_{told}_{at}",
                "name": self.tools[at % len(self.tools)]["name"],
                "input": {"of": told, "at": at},
            }
            for at in range(count)
        ]
        lines = [line for at, call in enumerate(calls) for line in speech.call_block(at, call, self.answers)]
        self.calls = [call["id"] for call in calls]
        self.add({"role": "assistant", "content": [{"type": "tool_use", **call} for call in calls]}, None)
        speech.say(*speech.start(model, self.answers), *lines, *speech.stop("tool_use"))


def main(fault_file, *arguments):
    """Be the CLI; a name in `fault_file` is a fault that it has from the start."""
    if "--version" in arguments:
        print(faults.version(fault_file) or VERSION)
    elif "auth" in arguments:
        print(json.dumps({"loggedIn": True, "authMethod": "oauth_token"}))
    else:
        faults.at_start(fault_file)
        Cli(faults.named(fault_file)).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
