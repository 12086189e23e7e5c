"""What the page is told of the server, its CLI and its requests."""

from cmappy.answer import Ended, Usage
from cmappy.server.history.counts import Counts
from cmappy.server.page import view
from cmappy.server.trace import Trace
from cmappy.status import Child, Model, Plan, Status, Window

STATUS = Status(
    "claude-code-cli",
    "2.1.331",
    "oauth_token",
    (Model("sonnet", "claude-sonnet-5", "Sonnet", ("low", "high")),),
    "subscription",
    Plan(windows={"five_hour": Window("allowed", 0.4, 1_000), "seven_day": Window("allowed_warning", 0.9, 2_000)}),
    rewinding="proven",
    children=(Child("no system prompt", "idle", 99.6, 3),),
)


def test_backend_is_told_as_it_is():
    """The page shows it word for word."""
    told = {"provider": "claude-code-cli", "version": "2.1.331", "login": "oauth_token", "billing": "subscription"}

    assert told | {"rewinding": "proven", "problem": ""} == view.cli(STATUS, "")
    assert [{"profile": "no system prompt", "state": "idle", "since": 100, "turns": 3}] == view.processes(STATUS)
    assert [{"name": "sonnet", "label": "Sonnet", "efforts": ("low", "high")}] == view.models(STATUS)


def test_windows_of_the_plan_tell_their_state_only_if_it_is_not_the_usual_one():
    """In words, not in the API's names."""
    assert [("five_hour", 0.4, 1_000, ""), ("seven_day", 0.9, 2_000, "allowed warning")] == [
        tuple(window.values()) for window in view.plan(STATUS)
    ]


def test_without_a_backend_there_is_a_problem_and_nothing_else():
    """The page says what is wrong."""
    known = {name: value for name, value in view.cli(None, "The CLI is not found.").items() if value}

    assert {"billing": "none", "problem": "The CLI is not found."} == known
    assert ([], [], []) == (view.plan(None), view.processes(None), view.models(None))


def test_request_that_runs_has_no_times_yet_and_one_that_ended_has_them_all():
    """In milliseconds; what it used is told once it is known, and long words are cut."""
    trace = Trace("r1", face="chat", received=5.0, started=10.0, model="m" * 300)
    running = view.request(trace)
    trace.first_token = 10.25
    trace.see(Ended("end_turn", usage=Usage(input_tokens=3, output_tokens=7, cache_read_input_tokens=11)))
    trace.finish(200)
    trace.ended = 11.5
    ended = view.request(trace)
    names = ("status", "first", "total", "fresh", "cache_read", "output")

    assert 200 == len(running["model"])
    assert [0, None, None, None, None, None] == [running[name] for name in names]
    assert [200, 250, 1500, 3, 11, 7] == [ended[name] for name in names]


def test_price_is_rounded_to_a_hundredth_of_a_cent():
    """It is an estimate of the CLI's."""
    assert (7, 0.1235) == tuple(
        view.used(Counts(output_tokens=7, list_price=0.12345678))[name] for name in ("output_tokens", "list_price")
    )
