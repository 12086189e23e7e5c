"""DSPy: `dspy.LM` with an OpenAI-compatible server."""

import cases
import dspy

lm = dspy.LM(f"openai/{cases.MODEL}", api_base=cases.URL, api_key=cases.KEY, cache=False, num_retries=0)


def chat():
    """A question and its answer."""
    cases.same([cases.HELLO], [answer if isinstance(answer, str) else answer["text"] for answer in lm(cases.CHAT)])


def image():
    """A picture as a data URL."""
    parts = [{"type": "text", "text": cases.IMAGE}, {"type": "image_url", "image_url": {"url": cases.PNG}}]
    cases.same([cases.SEEN], lm(messages=[{"role": "user", "content": parts}]))


def structured():
    """An object that follows a schema."""
    form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": cases.SCHEMA}}
    [answer] = lm(cases.STRUCTURED, response_format=form)
    cases.same(cases.ADA, cases.json.loads(answer))


def errors():
    """An error says what is wrong."""
    cases.fails(Exception, lm, cases.ERRORS)


cases.run(chat, structured, image, errors)
