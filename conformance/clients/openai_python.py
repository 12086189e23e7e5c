"""The official SDK for Python, by chat completions."""

import json

import cases
import openai

client = openai.OpenAI(base_url=cases.URL, api_key=cases.KEY, max_retries=0)


def ask(text, *parts, **more):
    """Ask for a completion."""
    content = [{"type": "text", "text": text}, *parts] if parts else text
    return client.chat.completions.create(model=cases.MODEL, messages=[{"role": "user", "content": content}], **more)


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, ask(cases.CHAT).choices[0].message.content)


def stream():
    """The same in pieces."""
    chunks = [chunk for chunk in ask(cases.CHAT, stream=True) if chunk.choices]
    cases.same(cases.HELLO, "".join(cases.several(chunk.choices[0].delta.content for chunk in chunks)))


def tools():
    """Calls of a function, two at once and then one more."""
    messages = [{"role": "user", "content": cases.TOOLS}]
    while True:
        answer = client.chat.completions.create(model=cases.MODEL, messages=messages, tools=[cases.WEATHER_TOOL])
        message = answer.choices[0].message
        if not message.tool_calls:
            return cases.same(cases.COMPARED, message.content)
        messages.append(message)
        for call in message.tool_calls:
            told = cases.get_weather(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": told})


def structured():
    """An object that follows a schema."""
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": cases.SCHEMA, "strict": True}}
    cases.same(cases.ADA, json.loads(ask(cases.STRUCTURED, response_format=form).choices[0].message.content))


def image():
    """A picture as a data URL."""
    answer = ask(cases.IMAGE, {"type": "image_url", "image_url": {"url": cases.PNG}})
    cases.same(cases.SEEN, answer.choices[0].message.content)


def pdf():
    """A document as a data URL."""
    answer = ask(cases.PDF, {"type": "file", "file": {"filename": "a.pdf", "file_data": cases.DOCUMENT}})
    cases.same(cases.READ, answer.choices[0].message.content)


def errors():
    """An error has the class of its status, and says what is wrong."""
    cases.fails(openai.BadRequestError, ask, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
