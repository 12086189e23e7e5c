"""Random conversations with a server whose model answers with a digest of what it was told, and what must come back.

They resemble each other as much as they can: few openings, few questions, few owners. So whatever reaches the model
from another conversation, or does not reach it, or twice, makes a wrong answer. Half of them have a canary in each
question, a word that no other conversation has.
"""

import asyncio
import json

import httpx

TEXTS = ("one", " two \n", "three\u2028lines", '{"four": "@/etc/hostname"}', "fünf 🦀")
SYSTEMS = ("", "Be brief.", "Be brief. ")
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("look", "listen")
]
CALMLY = 600  # seconds; turns a wait for ever into a failure


class Failed(Exception):
    """The server has answered with an error; `status` is 200 if that came in a stream."""

    def __init__(self, status, error):
        super().__init__(f"{status}: {error}")
        self.status, self.code = status, error["code"]


class Talk:
    """One client with one conversation; `expected` tells the answer that a request must get.

    `forgiven` are the codes of errors after which the client asks again.
    """

    def __init__(self, url, key, random, expected, forgiven=()):
        self.failures = self.answers = 0
        self.routes = []
        self._client = httpx.AsyncClient(
            base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=CALMLY, trust_env=False
        )
        self._random, self._expected, self._forgiven = random, expected, forgiven
        self._fixed = {"model": random.choice(("sonnet", "opus"))}
        if random.random() < 0.5:
            self._fixed["tools"] = [self._defined(tool) for tool in TOOLS[: random.randint(1, 2)]]
        system = random.choice(SYSTEMS)
        self._system = [{"role": "system", "content": system}] if system else []
        self._said = []
        self._canary = f" canary-{random.getrandbits(64):x}" if random.random() < 0.5 else ""

    async def run(self, steps):
        """Do some steps, each of them something that clients do."""
        async with self._client:
            for _ in range(steps):
                kinds = [self._ask] * 6 + [self._leave, self._ask_too_much, self._edit, self._go_back]
                kinds += [self._use_tools] * 3 if "tools" in self._fixed else []
                await self._random.choice(kinds)()

    async def _ask(self, question=None):
        """Ask something, and go on from the answer."""
        self._said.append({"role": "user", "content": (question or self._random.choice(TEXTS)) + self._canary})
        self._said.append(await self._answer())

    async def _ask_too_much(self):
        """Reach the token limit, after which a process is of no more use."""
        await self._ask("!length")

    def _defined(self, tool):
        """Return a tool as one of the clients defines it; agents put the time of the day into descriptions."""
        return {**tool, "function": {**tool["function"], "description": self._random.choice(("", "A.", "B."))}}

    async def _use_tools(self):
        """Have tools called, and tell their results."""
        await self._ask(f"!call {self._random.randint(1, 4)}")
        if self._random.random() < 0.9:
            for call in self._said[-1]["tool_calls"]:
                content = self._random.choice(TEXTS)
                self._said.append({"role": "tool", "tool_call_id": call["id"], "content": content})
            self._said.append(await self._answer())
        else:
            del self._said[-2:]

    async def _leave(self):
        """Ask, and leave at some moment before the end."""
        question = self._random.choice(("!hang", *TEXTS)) + self._canary
        request = self._request([*self._said, {"role": "user", "content": question}], stream=True)
        asking = asyncio.create_task(self._begin(request))
        await asyncio.wait({asking}, timeout=self._random.choice((0, 0.01, 0.05, 0.2)))
        asking.cancel()
        await asyncio.wait({asking})

    async def _edit(self):
        """Change what was said before."""
        editable = [message for message in self._said if isinstance(message.get("content"), str)]
        if editable:
            self._random.choice(editable)["content"] = f"edited {self._random.randint(1, 3)}" + self._canary

    async def _go_back(self):
        """Forget what came after some question, the question included."""
        questions = [at for at, message in enumerate(self._said) if message["role"] == "user"]
        if questions:
            del self._said[self._random.choice(questions) :]

    def _request(self, messages, stream):
        options = {"max_completion_tokens": (100, 200), "stop": (["ZZZ"],), "reasoning_effort": ("low", "high", "none")}
        chosen = {name: self._random.choice(values) for name, values in options.items() if self._random.random() < 0.2}
        return self._fixed | chosen | {"messages": [*self._system, *messages], "stream": stream}

    async def _answer(self):
        """Return the answer to all that was said, which must be the expected one."""
        request = self._request(json.loads(json.dumps(self._said)), self._random.random() < 0.5)
        while True:
            try:
                answer = await (self._stream(request) if request["stream"] else self._whole(request))
                break
            except Failed as failed:
                if failed.code not in self._forgiven:
                    raise
                self.failures += 1
        self.answers += 1
        if (right := self._expected(request)) != answer:
            raise AssertionError(f"{request}\nwas answered {answer}\ninstead of {right}")
        return answer

    async def _whole(self, request):
        response = await self._client.post("/chat/completions", json=request)
        if response.status_code != 200:
            raise Failed(response.status_code, response.json()["error"])
        self.routes.append(response.headers["x-cmappy-route"])
        return _message(response.json()["choices"][0]["message"])

    async def _stream(self, request):
        message = {"content": "", "tool_calls": []}
        async with self._client.stream("POST", "/chat/completions", json=request) as response:
            if response.status_code != 200:
                raise Failed(response.status_code, json.loads(await response.aread())["error"])
            self.routes.append(response.headers["x-cmappy-route"])
            async for frame in _frames(response):
                if frame == "[DONE]":
                    return _message(message)
                _add(message, json.loads(frame)["choices"][0]["delta"])
        raise AssertionError("a stream ended without [DONE]")

    async def _begin(self, request):
        async with self._client.stream("POST", "/chat/completions", json=request) as response:
            async for _ in response.aiter_bytes():
                pass


async def _frames(response):
    """Yield the frames of a stream; not with httpx's own lines, which end at U+2028 too."""
    rest = b""
    async for data in response.aiter_bytes():
        *frames, rest = (rest + data).split(b"\n\n")
        for frame in frames:
            if frame.startswith(b'data: {"error"'):
                raise Failed(200, json.loads(frame[6:])["error"])
            if frame.startswith(b"data: "):
                yield frame[6:].decode()


def _add(message, delta):
    message["content"] += delta.get("content") or ""
    for piece in delta.get("tool_calls", []):
        if piece["index"] == len(message["tool_calls"]):
            message["tool_calls"].append({"id": piece["id"], "type": "function", "function": {}})
        function = message["tool_calls"][piece["index"]]["function"]
        for name, text in piece["function"].items():
            function[name] = function.get(name, "") + text


def _message(message):
    """Return a message of the assistant as a client sends it back."""
    if message.get("tool_calls"):
        return {"role": "assistant", "tool_calls": message["tool_calls"]}
    return {"role": "assistant", "content": message["content"]}
