"""The tests of the program: three, and not a line about HTTP."""

import app
import openai
import pytest


def test_greeting_names_the_guest(cmappy):
    """The prompt holds the name, and so does the answer."""
    assert "Ada" in app.greet("Ada")
    assert "Greet Ada in one line." == cmappy.requests[0].text


@pytest.mark.cmappy(ignore=[r"\d{4}-\d\d-\d\d"])
def test_plan_has_three_words(cmappy):
    """The prompt holds the date, which changes from day to day."""
    assert 3 == len(app.plan().split())


def test_advice_follows_the_weather(cmappy):
    """The model calls the program's function before it answers."""
    assert "umbrella" in app.advise("Oslo")
    assert [["get_weather"], ["get_weather"]] == [request.tools for request in cmappy.requests]


def test_overload_is_told(cmappy):
    """What happens when the model is overloaded needs no recording."""
    with cmappy.scenario("overloaded"), pytest.raises(openai.InternalServerError):
        app.greet("Ada")


def test_refusal_is_told(cmappy):
    """The same by the name of the model, for programs that can be told which to ask."""
    answer = cmappy.client().chat.completions.create(
        model="scenario/refusal", messages=[{"role": "user", "content": "?"}]
    )
    assert "content_filter" == answer.choices[0].finish_reason
