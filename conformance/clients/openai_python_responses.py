"""The official SDK for Python, by responses."""

import json

import cases
import openai

client = openai.OpenAI(base_url=cases.URL, api_key=cases.KEY, max_retries=0)
WEATHER_TOOL = {"type": "function", **cases.WEATHER_TOOL["function"], "strict": True}


def ask(question, *parts, **more):
    """Ask for a response."""
    content = [{"type": "input_text", "text": question}, *parts] if parts else question
    return client.responses.create(model=cases.MODEL, input=[{"role": "user", "content": content}], **more)


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, ask(cases.CHAT).output_text)


def stream():
    """The same in pieces, and whole at the end."""
    with client.responses.stream(model=cases.MODEL, input=cases.CHAT) as events:
        pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
        cases.same(cases.HELLO, events.get_final_response().output_text)
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, two at once and then one more; each turn names the one before."""
    answer = ask(cases.TOOLS, tools=[WEATHER_TOOL])
    while calls := [item for item in answer.output if item.type == "function_call"]:
        outputs = [
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": cases.get_weather(**json.loads(call.arguments)),
            }
            for call in calls
        ]
        answer = client.responses.create(
            model=cases.MODEL, input=outputs, tools=[WEATHER_TOOL], previous_response_id=answer.id
        )
    cases.same(cases.COMPARED, answer.output_text)


def structured():
    """An object that follows a schema."""
    form = {"type": "json_schema", "name": "person", "schema": cases.SCHEMA, "strict": True}
    cases.same(cases.ADA, json.loads(ask(cases.STRUCTURED, text={"format": form}).output_text))


def image():
    """A picture as a data URL."""
    part = {"type": "input_image", "image_url": cases.PNG, "detail": "auto"}
    cases.same(cases.SEEN, ask(cases.IMAGE, part).output_text)


def pdf():
    """A document as a data URL."""
    part = {"type": "input_file", "filename": "a.pdf", "file_data": cases.DOCUMENT}
    cases.same(cases.READ, ask(cases.PDF, part).output_text)


def errors():
    """An error has the class of its status, and says what is wrong."""
    cases.fails(openai.BadRequestError, ask, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
