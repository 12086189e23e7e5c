"""LangChain for Python: `ChatOpenAI`."""

import cases
import openai
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

model = ChatOpenAI(
    base_url=cases.URL, api_key=cases.KEY, model=cases.MODEL, stream_usage=True, use_responses_api=False, max_retries=0
)


def chat():
    """A question and its answer, with the tokens that it took."""
    answer = model.invoke(cases.CHAT)
    cases.same(cases.HELLO, answer.content)
    cases.same(True, answer.usage_metadata["total_tokens"] > 0)


def stream():
    """The same in pieces; their sum has the tokens once."""
    chunks = list(model.stream(cases.CHAT))
    cases.same(cases.HELLO, "".join(cases.several(chunk.content for chunk in chunks)))
    cases.same(1, len([chunk for chunk in chunks if chunk.usage_metadata]))


def tools():
    """Calls of a function, two at once and then one more."""
    bound = model.bind_tools([tool(cases.get_weather)])
    messages = [HumanMessage(cases.TOOLS)]
    while (answer := bound.invoke(messages)).tool_calls:
        messages.append(answer)
        for call in answer.tool_calls:
            messages.append(ToolMessage(cases.get_weather(**call["args"]), tool_call_id=call["id"]))
    cases.same(cases.COMPARED, answer.content)


def structured():
    """An object that follows a schema."""
    schema = cases.SCHEMA | {"title": "Person", "description": "A person."}
    cases.same(cases.ADA, model.with_structured_output(schema, method="json_schema").invoke(cases.STRUCTURED))


def image():
    """A picture as a data URL."""
    parts = [{"type": "text", "text": cases.IMAGE}, {"type": "image_url", "image_url": {"url": cases.PNG}}]
    cases.same(cases.SEEN, model.invoke([HumanMessage(parts)]).content)


def pdf():
    """A document."""
    data = cases.DOCUMENT.partition(",")[2]
    file = {"type": "file", "base64": data, "mime_type": "application/pdf", "filename": "a.pdf"}
    cases.same(cases.READ, model.invoke([HumanMessage([{"type": "text", "text": cases.PDF}, file])]).content)


def errors():
    """An error says what is wrong."""
    cases.fails(openai.BadRequestError, model.invoke, cases.ERRORS)


cases.run(chat, stream, tools, structured, image, pdf, errors)
