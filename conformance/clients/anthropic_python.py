"""Anthropic's official SDK for Python."""

import json

import anthropic
import cases

client = anthropic.Anthropic(base_url=cases.URL.removesuffix("/v1"), api_key=cases.KEY, max_retries=0)
WEATHER = cases.WEATHER_TOOL["function"]
TOOL = {"name": WEATHER["name"], "description": WEATHER["description"], "input_schema": WEATHER["parameters"]}


def ask(text, *blocks, **more):
    """Ask for a message."""
    content = [*blocks, {"type": "text", "text": text}]
    return client.messages.create(
        model=cases.MODEL, max_tokens=1000, messages=[{"role": "user", "content": content}], **more
    )


def source(url, media_type):
    """Return a data URL as the API's own source."""
    return {"type": "base64", "media_type": media_type, "data": url.partition(",")[2]}


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, ask(cases.CHAT).content[0].text)


def stream():
    """The same in pieces, and the whole message behind them."""
    question = [{"role": "user", "content": cases.CHAT}]
    with client.messages.stream(model=cases.MODEL, max_tokens=1000, messages=question) as answer:
        cases.same(cases.HELLO, "".join(cases.several(answer.text_stream)))
        cases.same("end_turn", answer.get_final_message().stop_reason)


def tools():
    """Calls of a function, two at once and then one more."""
    messages = [{"role": "user", "content": cases.TOOLS}]
    while True:
        answer = client.messages.create(model=cases.MODEL, max_tokens=1000, messages=messages, tools=[TOOL])
        calls = [block for block in answer.content if block.type == "tool_use"]
        if not calls:
            return cases.same(cases.COMPARED, answer.content[0].text)
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": cases.get_weather(**call.input)}
            for call in calls
        ]
        messages += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]


def structured():
    """An object that follows a schema."""
    form = {"format": {"type": "json_schema", "schema": cases.SCHEMA}}
    cases.same(cases.ADA, json.loads(ask(cases.STRUCTURED, output_config=form).content[0].text))


def image():
    """A picture."""
    block = {"type": "image", "source": source(cases.PNG, "image/png")}
    cases.same(cases.SEEN, ask(cases.IMAGE, block).content[0].text)


def pdf():
    """A document."""
    block = {"type": "document", "title": "a.pdf", "source": source(cases.DOCUMENT, "application/pdf")}
    cases.same(cases.READ, ask(cases.PDF, block).content[0].text)


def errors():
    """An error has the class of its status, and says what is wrong."""
    cases.fails(anthropic.BadRequestError, ask, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
