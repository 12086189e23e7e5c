"""The page for readers that the table makes: `python -m tests.faults.page` writes it."""

from pathlib import Path

from tests.faults.table import FAULTS

PAGE = Path(__file__).with_name("README.md")

_HEAD = """# What happens when something fails

This page is made from [table.toml](table.toml), which also drives the tests beside it and in `tests/claude`.

Errors have OpenAI's form, `{"error": {"message", "type", "param", "code"}}`. Where some of the answer has been sent
already, a plain request still gets the status; a stream ends with a frame `data: {"error": ...}` and without `[DONE]`.
So does a stream that was silent for `--ping` seconds (15): clients and proxies give up a connection without headers, so
it has got its 200 and a ping by then, whether it waits for a slot, for the CLI to start, or for the API.
"""
_ANSWERS = """
## When the CLI fails

In every row nothing is left behind (no process, no task, no open file), and the next request is answered as if nothing
had been, unless the row says otherwise. The errors come with `x-should-retry: false`: the official SDKs do not repeat
the request by themselves, because it may have cost tokens, and because what is broken here rarely mends itself.

| Fault | Status | `code` | In a stream | What the client should do |
|---|---|---|---|---|
"""
_DOOR = """
## When a request is refused unread

Its body is not read, and the connection is closed: what a client goes on to send reaches nobody.

| Fault | Status | `code` | What the client should do |
|---|---|---|---|
"""
_API = """
## When the API fails

The CLI's text is in the message. Only `rate_limit_exceeded` is repeated by the official SDKs by themselves.

| Fault | Status | `code` | In a stream | What the client should do |
|---|---|---|---|---|
"""
_START = """
## When the server is started

`cmappy` exits with 1 and says in one line what is wrong.

| Fault | What to do |
|---|---|
"""


def page():
    """Return the text of the page."""
    api, command = ("api", "plan"), ("command",)
    answers = [_answer(fault) for fault in FAULTS if fault.when not in (*api, *command, "door")]
    refusals = [_answer(fault) for fault in FAULTS if fault.when in api]
    doors = [
        f"| {fault.what} | {fault.status} | `{fault.code}` | {fault.advice} |\n"
        for fault in FAULTS
        if fault.when == "door"
    ]
    starts = [f"| {fault.what} | {fault.advice} |\n" for fault in FAULTS if fault.when in command]
    return "".join([_HEAD, _ANSWERS, *answers, _API, *refusals, _DOOR, *doors, _START, *starts])


def _answer(fault):
    if fault.status == 200:
        return f"| {fault.what} | 200 | | as usual | {fault.advice} |\n"
    stream = "error frame" if fault.begun else "status"
    return f"| {fault.what} | {fault.status} | `{fault.code}` | {stream} | {fault.advice} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
