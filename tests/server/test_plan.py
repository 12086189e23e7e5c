"""What is left of the subscription's plan stands in the headers of every answer, as OpenAI's own limits do."""

import time

import pytest

from cmappy.server.plan import headers
from cmappy.status import Plan, Status, Window

pytestmark = pytest.mark.anyio


def window(utilization, resets_at):
    """Return a window of a plan."""
    return Window("", utilization, resets_at)


def plan(**windows):
    """Return a plan with these windows."""
    return Plan("allowed", windows=windows)


@pytest.mark.parametrize(
    ("utilization", "seconds", "remaining", "reset"),
    [
        (0.93, 4323, "7", "1h12m3s"),
        (0.0, 360, "100", "6m0s"),
        (0.996, 1, "0", "1s"),
        (1.2, 3600, "0", "1h0m0s"),
        (0.41, 590_000, "59", "163h53m20s"),
    ],
)
def test_window_is_told_in_per_cent_and_as_a_duration(utilization, seconds, remaining, reset):
    """`remaining` of `limit`, and how long until it begins again."""
    told = headers(plan(five_hour=window(utilization, 1000 + seconds)), 1000)

    assert {
        "x-ratelimit-limit-five-hour": "100",
        "x-ratelimit-remaining-five-hour": remaining,
        "x-ratelimit-reset-five-hour": reset,
    } == told


@pytest.mark.parametrize(
    "known",
    [
        None,
        plan(),
        plan(five_hour=window(None, 2000)),
        plan(five_hour=window(0.5, None)),
        plan(five_hour=window(0.5, 1000)),
        plan(**{"five: hour\r\nx": window(0.5, 2000)}),
    ],
    ids=["nothing", "no windows", "no utilization", "no reset", "reset since", "no name"],
)
def test_what_is_not_known_is_not_told(known):
    """A number that is missing, or out of date, is no zero."""
    assert {} == headers(known, 1000)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_answers_carry_the_plan(client, backend, monkeypatch, streamed):
    """Streamed or not, every window has its three headers."""
    known = plan(five_hour=window(0.25, int(time.time()) + 9000), seven_day=window(0.5, int(time.time()) + 90_000))

    async def status(*, closely=False):
        return Status("claude-code-cli", "2.1.330", "oauth_token", backend.models, "subscription", known)

    monkeypatch.setattr(backend, "status", status)
    answer = await client.post(
        "/v1/chat/completions",
        json={"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}], "stream": streamed},
    )

    told = {name: value for name, value in answer.headers.items() if name.startswith("x-ratelimit-remaining")}
    assert {"x-ratelimit-remaining-five-hour": "75", "x-ratelimit-remaining-seven-day": "50"} == told
