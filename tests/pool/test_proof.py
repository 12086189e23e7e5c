"""A CLI is rewound only once it was seen to do as it is told; one that only says so is found out."""

import pytest

from cmappy.backends.claude.proof import Proof
from tests.pool.turns import TOOL, expected, turn
from tests.scripted.harness import ask, until

pytestmark = pytest.mark.anyio


def proof(file, *verdicts, key="k"):
    """Return a proof whose checks find these things wrong, one after the other."""
    found = list(verdicts)

    async def check():
        return found.pop(0)

    return Proof("unproven", check, file, key)


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
