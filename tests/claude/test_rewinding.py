"""The real CLI, rewound and switched: what arrives at the API is the turn and nothing of any other."""

import json
import os
import random
import signal

import pytest

from cmappy.backends.claude import launch
from cmappy.backends.claude.proof import prove

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server that keeps a few processes."""
    async with serve(folder, warm=0, live=4) as running:
        yield running


def tool(name):
    """Return a function."""
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


async def test_cli_does_as_the_proof_wants_it(claude):
    """On loopback, with a dummy token: rewinding, prompt, tools, model, limit and a call that is given up."""
    environment = launch.environment({"PATH": "/usr/bin:/bin"}, own_address="127.0.0.1:1")

    assert "" == await prove(str(claude), environment)


@pytest.mark.parametrize("seed", range(2))
async def test_random_conversations_arrive_as_they_are(client, upstream, seed):
    """New, continued, edited, branched, cut ones, with other prompts and tools: message for message, and once each."""
    dice, routes = random.Random(seed), set()
    talks = [[] for _ in range(4)]
    for step in range(40):
        number = dice.randrange(len(talks))
        talk = talks[number]
        if dice.random() < 0.3:
            del talk[2 * dice.randint(0, len(talk) // 2) :]
        talk.append({"role": "user", "content": f"question {step} of {number} canary-{number}"})
        options = {"tools": [tool(f"f{number}")]} if number % 2 else {}
        options |= {"max_tokens": dice.randint(50, 60)} if dice.random() < 0.3 else {}
        system = [{"role": "system", "content": f"prompt {number}"}] if number else []
        upstream.script({"text": f"answer {step}", "stop_reason": dice.choice(["end_turn", "end_turn", "max_tokens"])})
        before = len(upstream.messages_requests)
        raw = await client.chat.completions.with_raw_response.create(
            model="sonnet", messages=[*system, *talk], **options
        )
        [received] = upstream.messages_requests[before:]
        routes.add(raw.headers["x-cmappy-route"])

        told = [
            {"role": message["role"], "content": "".join(block["text"] for block in message["content"])}
            for message in received.body["messages"]
            if message["role"] != "system"
        ]
        assert talk == told
        assert [each["content"] for each in system] == [block["text"] for block in received.body["system"][2:]]
        assert ([f"f{number}"] if number % 2 else []) == [each["name"] for each in received.body.get("tools", [])]
        talk.append({"role": "assistant", "content": raw.parse().choices[0].message.content})

    assert "rewound" in routes


async def test_second_structured_answer_stays_on_its_process(client, upstream):
    """The schema stays in force, and the conversation is told as its client knows it."""
    schema = {
        "type": "json_schema",
        "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {}}}},
    }
    messages, routes = [{"role": "user", "content": "one"}], []
    for number in range(3):
        block = {"type": "tool_use", "name": "StructuredOutput", "input": {"a": number}}
        upstream.script({"blocks": [block]})
        raw = await client.chat.completions.with_raw_response.create(
            model="sonnet", messages=messages, response_format=schema
        )
        routes.append(raw.headers["x-cmappy-route"])
        messages += [raw.parse().choices[0].message.to_dict(), {"role": "user", "content": f"again {number}"}]
    told = [
        "".join(block["text"] for block in message["content"])
        for message in upstream.messages_requests[-1].body["messages"]
        if message["role"] != "system"
    ]

    assert ["rewound", "rewound"] == routes[1:]
    assert 3 == len(upstream.messages_requests)
    assert [each["content"] for each in messages[:-2]] == told


async def test_tools_that_are_defined_anew_arrive_as_a_new_process_would_send_them(server, client, upstream):
    """To the byte and in the same order, so that the prompt cache knows them; their calls reach the client."""
    names = ["look", "_look", "-look", "2look", "Look", "LOOK", "look_", "look-2", "a", "B", "aB", "Ab"]

    def offer(text):
        functions = [{**tool(name)["function"], "description": text} for name in names]
        return [{"type": "function", "function": function} for function in functions]

    async def ask(text, question):
        raw = await client.chat.completions.with_raw_response.create(
            model="sonnet", messages=[{"role": "user", "content": question}], tools=offer(text)
        )
        calls = raw.parse().choices[0].message.tool_calls or []
        received = json.dumps(upstream.messages_requests[-1].body["tools"])
        return raw.headers["x-cmappy-route"], [call.function.name for call in calls], received.replace(text, "?")

    for worker in list(server.source.pool.live):
        os.kill(worker, signal.SIGKILL)
    answers = [await ask(f"described at {at}", f"question {at}") for at in range(3)]
    upstream.script({"blocks": [{"type": "tool_use", "name": "B", "input": {}}]})
    answers.append(await ask("described at last", "Call it."))

    assert ["cold", *["rewound"] * 3] == [route for route, _, _ in answers]
    assert ["B"] == answers[-1][1]
    assert 1 == len({received for _, _, received in answers})
