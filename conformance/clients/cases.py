"""What every client is asked, and what it must get: shared by the scripts here. Nothing but the standard library.

A script is run as `python NAME.py CAPABILITY` with BASE_URL, API_KEY and MODEL in its environment, in an empty folder
and with an empty home. It ends with code 0 if the client did its job, and says on stderr what went wrong if not.
"""

import asyncio
import inspect
import json
import os
import sys
from pathlib import Path

CASES = json.loads((Path(__file__).parent / "cases.json").read_text("utf-8"))
URL = os.environ.get("BASE_URL", "http://127.0.0.1:3456/v1")
KEY = os.environ.get("API_KEY", "unused")
MODEL = os.environ.get("MODEL", "sonnet")

CHAT = CASES["chat"]["ask"]
HELLO = CASES["chat"]["answer"]
TOOLS = CASES["tools"]["ask"]
WEATHER = CASES["tools"]["weather"]
COMPARED = CASES["tools"]["answer"]
STRUCTURED = CASES["structured"]["ask"]
SCHEMA = CASES["structured"]["schema"]
ADA = CASES["structured"]["answer"]
IMAGE = CASES["image"]["ask"]
PNG = f"data:image/png;base64,{CASES['image']['png']}"
SEEN = CASES["image"]["answer"]
PDF = CASES["pdf"]["ask"]
DOCUMENT = f"data:application/pdf;base64,{CASES['pdf']['data']}"
READ = CASES["pdf"]["answer"]
ERRORS = CASES["errors"]["ask"]
TOO_LONG = CASES["errors"]["answer"]
EDIT = CASES["edit"]["ask"]
WORD = CASES["edit"]["word"]


def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return WEATHER[city]


WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


def same(expected, actual):
    """Complain unless both are the same."""
    if expected != actual:
        sys.exit(f"expected {expected!r}, got {actual!r}")


def contains(expected, actual):
    """Complain unless the text is in the other one."""
    if expected not in str(actual):
        sys.exit(f"expected {expected!r} in {actual!r}")


def several(pieces):
    """Complain unless a stream came in pieces, and return them."""
    pieces = [piece for piece in pieces if piece]
    if len(pieces) < 2:
        sys.exit(f"the stream came in one piece: {pieces!r}")
    return pieces


def fails(error, function, *arguments, **named):
    """Complain unless a call raises the error, and says that the prompt is too long."""
    try:
        function(*arguments, **named)
    except error as raised:
        contains(TOO_LONG, _whole(raised))
    else:
        sys.exit("no error was raised")


def run(*functions):
    """Run the capability that the command line names; functions may be asynchronous."""
    [chosen] = [function for function in functions if function.__name__ == sys.argv[1]]
    if inspect.iscoroutinefunction(chosen):
        asyncio.run(chosen())
    else:
        chosen()


def _whole(error):
    """Return the text of an error and of those that led to it."""
    texts = []
    while error is not None:
        texts.append(repr(error) + str(error))
        error = error.__cause__ or error.__context__
    return " ".join(texts)
