"""LangChain for Python, by responses."""

import cases
import openai
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

get_weather = tool(cases.get_weather)


def model(**more):
    """Return a model."""
    return ChatOpenAI(
        model=cases.MODEL, base_url=cases.URL, api_key=cases.KEY, use_responses_api=True, max_retries=0, **more
    )


def text(message):
    """Return the text of a message, which is a property or a method by version."""
    return str(message.text)


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, text(model().invoke(cases.CHAT)))


def stream():
    """The same in pieces."""
    pieces = [text(chunk) for chunk in model().stream(cases.CHAT)]
    cases.same(cases.HELLO, "".join(cases.several(pieces)))


def tools():
    """Calls of a function, with the whole conversation each time and by reference to the turn before."""
    for by_reference in (False, True):
        able = model(use_previous_response_id=by_reference, include=["reasoning.encrypted_content"]).bind_tools(
            [get_weather]
        )
        messages = [HumanMessage(cases.TOOLS)]
        while (answer := able.invoke(messages)).tool_calls:
            messages += [answer, *(get_weather.invoke(call) for call in answer.tool_calls)]
        cases.same(cases.COMPARED, text(answer))


def structured():
    """An object that follows a schema."""
    schema = {"title": "person", "description": "A person.", **cases.SCHEMA}
    cases.same(cases.ADA, model().with_structured_output(schema, method="json_schema").invoke(cases.STRUCTURED))


def image():
    """A picture as a data URL."""
    part = {"type": "image_url", "image_url": {"url": cases.PNG}}
    cases.same(cases.SEEN, text(model().invoke([HumanMessage([{"type": "text", "text": cases.IMAGE}, part])])))


def pdf():
    """A document as a data URL."""
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": cases.DOCUMENT}}
    cases.same(cases.READ, text(model().invoke([HumanMessage([{"type": "text", "text": cases.PDF}, part])])))


def errors():
    """An error has the class of its status, and says what is wrong."""
    cases.fails(openai.BadRequestError, model().invoke, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
