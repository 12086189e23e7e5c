"""A CLI is rewound only once it was seen to do as it is told; one that only says so is found out."""

import os

import pytest

from cmappy.backends.claude import proof as module
from cmappy.backends.claude.proof import Proof, prove
from tests.pool.turns import TOOL, expected, turn
from tests.scripted.harness import ask, until

pytestmark = pytest.mark.anyio


def proof(file, *verdicts, key="k"):
    """Return a proof whose checks find these things wrong, one after the other."""
    found = list(verdicts)

    async def check():
        return found.pop(0)

    return Proof("unproven", check, file, key)


async def test_cli_that_does_as_it_is_told_is_proven(scripted):
    """The scripted one does, as the real one."""
    assert "" == await prove(str(scripted.command), {"PATH": os.defpath})


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        ("ignores_rewind_conversation", "another prompt, model, limit, history and other tools: messages as before"),
        ("ignores_set_model", "another prompt, model, limit, history and other tools: system prompt as before"),
        ("ignores_the_model", "another prompt, model, limit, history and other tools: model as before"),
        ("ignores_apply_flag_settings", "a new conversation: model as before"),
        ("ignores_exact_tools", "another description: tools as before"),
    ],
)
async def test_cli_that_acknowledges_and_does_nothing_is_found_out(scripted, fault, wrong):
    """By what it asks the API, not by what it says."""
    scripted.misbehave(fault)

    assert wrong in await prove(str(scripted.command), {"PATH": os.defpath})


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        ("ignores_mcp_set_servers", "could not be checked: another prompt, model, limit, history and other tools: "),
        (
            "refuses_rewind_conversation",
            "could not be checked: another prompt, model, limit, history and other tools: ",
        ),
        ("exits_at_once", "could not be checked: a new conversation: "),
    ],
)
async def test_cli_that_goes_no_further_is_not_proven(scripted, monkeypatch, fault, wrong):
    """Whatever it waits for; the next start may try again."""
    monkeypatch.setattr(module, "_SILENCE", 1.0)
    scripted.misbehave(fault)
    proof = Proof("unproven", lambda: prove(str(scripted.command), {"PATH": os.defpath}))
    proof.begin()
    await until(lambda: proof.verdict != "being checked")
    await proof.close()

    assert (False, True) == (proof.holds, proof.verdict.startswith(wrong))


@pytest.mark.parametrize(("wrong", "verdict"), [("", "proven"), ("tools as before", "does not hold: tools as before")])
async def test_verdict_is_kept_for_this_cli(tmp_path, wrong, verdict):
    """Nobody waits for it a second time; another CLI is checked anew."""
    file = tmp_path / "state" / "proofs.json"
    first = proof(file, wrong)
    first.begin()
    await until(lambda: first.verdict != "being checked")
    second, other = proof(file), proof(file, key="another")
    second.begin()
    await first.close()

    assert (verdict, verdict, "unproven") == (first.verdict, second.verdict, other.verdict)
    assert (wrong == "") == second.holds


async def test_unproven_cli_is_used_in_the_old_ways(scripted):
    """A conversation goes on in its process, and any other one starts another."""
    first, other = turn("one", system="x"), turn("two", system="y", tools=(TOOL,))
    async with scripted.backend(live=4, verdict="does not hold: it forgets") as backend:
        answers = [await ask(backend, each) for each in (first, other, first)]
        status = await backend.status()

    assert ["cold"] * 3 == [answer.route for answer in answers]
    assert list(map(expected, (first, other, first))) == [answer.text for answer in answers]
    assert "does not hold: it forgets" == status.rewinding


async def test_damaged_file_is_no_verdict(tmp_path):
    """The check is made again."""
    file = tmp_path / "proofs.json"
    file.write_text("{")

    assert "unproven" == proof(file).verdict
