"""Instructor: objects by tools, and by JSON schema."""

import cases
import instructor
from openai import OpenAI
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    born: int


def ask(mode):
    """Ask for an object in one of Instructor's modes."""
    client = instructor.from_openai(OpenAI(base_url=cases.URL, api_key=cases.KEY), mode=mode)
    messages = [{"role": "user", "content": cases.STRUCTURED}]
    return client.chat.completions.create(
        model=cases.MODEL, response_model=Person, messages=messages, max_retries=0
    ).model_dump()


def structured():
    """An object that follows a schema."""
    cases.same(cases.ADA, ask(instructor.Mode.TOOLS))
    cases.same(cases.ADA, ask(instructor.Mode.JSON_SCHEMA))


cases.run(structured)
