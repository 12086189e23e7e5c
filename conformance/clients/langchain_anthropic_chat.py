"""LangChain's ChatAnthropic."""

import cases
from anthropic import BadRequestError
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool

model = ChatAnthropic(
    model=cases.MODEL, base_url=cases.URL.removesuffix("/v1"), api_key=cases.KEY, max_retries=0, max_tokens=1000
)
get_weather = tool(cases.get_weather)


def ask(text, *blocks):
    """Ask the model."""
    return model.invoke([HumanMessage([*blocks, {"type": "text", "text": text}])])


def chat():
    """A question and its answer."""
    cases.same(cases.HELLO, model.invoke(cases.CHAT).content)


def stream():
    """The same in pieces."""
    cases.same(cases.HELLO, "".join(cases.several(piece.text for piece in model.stream(cases.CHAT))))


def tools():
    """Calls of a function, two at once and then one more."""
    messages, calling = [HumanMessage(cases.TOOLS)], model.bind_tools([get_weather])
    while True:
        answer = calling.invoke(messages)
        if not answer.tool_calls:
            return cases.same(cases.COMPARED, answer.content)
        messages.append(answer)
        messages += [
            ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls
        ]


def structured():
    """An object that follows a schema."""
    schema = {**cases.SCHEMA, "title": "person", "description": "A person."}
    cases.same(cases.ADA, model.with_structured_output(schema).invoke(cases.STRUCTURED))


def image():
    """A picture, in LangChain's own form."""
    picture = {"type": "image", "base64": cases.PNG.partition(",")[2], "mime_type": "image/png"}
    cases.same(cases.SEEN, ask(cases.IMAGE, picture).content)


def pdf():
    """A document, in LangChain's own form."""
    document = {"type": "file", "base64": cases.DOCUMENT.partition(",")[2], "mime_type": "application/pdf"}
    cases.same(cases.READ, ask(cases.PDF, document).content)


def errors():
    """An error has the class of its status, and says what is wrong."""
    cases.fails(BadRequestError, ask, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
