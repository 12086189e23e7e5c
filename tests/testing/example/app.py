"""A program that asks a model, as anybody writes one: it knows nothing of cmappy."""

import datetime
import json

from openai import OpenAI

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def greet(name):
    """Return a greeting, as it is written."""
    stream = OpenAI().chat.completions.create(
        model="sonnet", stream=True, messages=[{"role": "user", "content": f"Greet {name} in one line."}]
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def plan():
    """Return a plan for today."""
    today = datetime.datetime.now(datetime.UTC).date()
    answer = OpenAI().chat.completions.create(
        model="sonnet",
        messages=[
            {"role": "system", "content": f"Today is {today}."},
            {"role": "user", "content": "Plan my day in three words."},
        ],
    )
    return answer.choices[0].message.content


def advise(city):
    """Return what to wear, after a look at the weather."""
    client = OpenAI()
    messages = [{"role": "user", "content": f"What shall I wear in {city}?"}]
    while True:
        message = client.chat.completions.create(model="sonnet", messages=messages, tools=[WEATHER]).choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message)
        for call in message.tool_calls:
            place = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{place}: 3 degrees, rain"})
