"""The `tools/record` command."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from cmappy.errors import CmappyError
from cmappy.recording.format import load
from cmappy.recording.turns import BadRecording
from tools import scenario
from tools.recording import flags as cli_flags
from tools.recording.meaning import differences
from tools.recording.session import FLAGS, INITIALIZE, Session, hermetic_session, live_session
from tools.recording.shape import changes, is_addition, shape, together
from tools.scenario import Scenario

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "fixtures"

Told = tuple[str, list[str]]  # the name of a recording, and what has changed in it

_AT_ONCE = 4  # processes; much of the time goes by in waiting for the second try of a failed request
_WIDTH = 32  # of a scenario's name


def main(argv: Sequence[str] | None = None) -> None:
    """Record what is asked for; exits with 1 if something could not be recorded, or has changed its shape."""
    flags = _parser().parse_args(argv)
    try:
        scenarios = scenario.load_all()
        chosen = _choose(scenarios, flags.name)
    except ValueError as error:
        sys.exit(f"record: {error}")
    if flags.list:
        for each in chosen:
            print(f"{each.name:{_WIDTH}} {'(by hand) ' if each.handmade else ''}{each.about}")
        return
    if flags.live and not flags.name:
        sys.exit("record: --live spends the quota of your plan: name the scenarios to record.")
    try:
        failed = asyncio.run(_run(flags, scenarios, chosen))
    except (CmappyError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"record: {error}")
    sys.exit(1 if failed else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/record",
        description="Run scenarios through the real Claude Code CLI and write fixtures/<name>.ndjson. "
        "Hermetic: the CLI talks to a stub of the API on loopback, without an account.",
    )
    parser.add_argument("name", nargs="*", help=f"a scenario, {INITIALIZE}, or {FLAGS} (default: all)")
    parser.add_argument("--list", action="store_true", help="name the scenarios and do nothing")
    parser.add_argument(
        "--check",
        action="store_true",
        help="record to a temporary folder and compare fields, flags and the answers that clients get; "
        "exits with 1 if something is gone or has changed, and not for what is only new",
    )
    parser.add_argument("--live", action="store_true", help="use your own login and the real API: spends your quota")
    parser.add_argument(
        "--claude", type=Path, metavar="PATH", help="the CLI (default: the one of tools/install-claude)"
    )
    parser.add_argument(
        "--into", type=Path, metavar="DIR", default=FIXTURES, help="where to write (default: fixtures/)"
    )
    return parser


def _choose(scenarios: Sequence[Scenario], names: Sequence[str]) -> list[Scenario]:
    """Return the scenarios of those names, all if there is no name; a ValueError names the unknown."""
    known = {each.name for each in scenarios} | {INITIALIZE, FLAGS}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"there is no scenario {unknown[0]!r}; `tools/record --list` names them all")
    return [each for each in scenarios if not names or each.name in names]


async def _run(flags: argparse.Namespace, scenarios: Sequence[Scenario], chosen: Sequence[Scenario]) -> int:
    """Record, and return how many scenarios failed or have changed."""
    claude = (flags.claude or _installed()).absolute()
    with tempfile.TemporaryDirectory(prefix="cmappy-recordings-") as temporary:
        folder = Path(temporary) if flags.check else flags.into
        opened: AbstractAsyncContextManager[Session] = (
            live_session(claude, folder) if flags.live else hermetic_session(claude, folder, scenarios)
        )
        async with opened as session:
            purse = "your own login, whose quota this spends" if flags.live else "a stub of the API, no account"
            print(f"{claude} {session.version}, with {purse}", flush=True)
            room = asyncio.Semaphore(_AT_ONCE)

            async def one(name: str, record: Callable[[], Awaitable[None]]) -> Told:
                async with room:
                    return await _one(name, record(), flags, folder)

            recordings: list[Coroutine[None, None, Told]] = []
            if not flags.name or INITIALIZE in flags.name:
                recordings.append(one(INITIALIZE, session.record_initialize))
            for each in chosen:
                if each.handmade:
                    print(f"{each.name:{_WIDTH}} written by hand, left alone")
                elif flags.live and "errors" in each.tags:
                    print(f"{each.name:{_WIDTH}} left out: the real API does not fail on demand")
                else:
                    recordings.append(one(each.name, partial(session.record, each)))
            if not flags.name or FLAGS in flags.name:
                recordings.append(_flags(session, flags))
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(recording) for recording in recordings]
            found = dict(task.result() for task in tasks)
            if flags.check:
                found = await _with_answers(found, flags.into, folder, chosen)
            return _report(found)


async def _with_answers(
    found: dict[str, list[str]], before: Path, after: Path, chosen: Sequence[Scenario]
) -> dict[str, list[str]]:
    """Add what clients would get from the new recordings that they do not get from the committed ones."""
    recorded = [each for each in chosen if not each.handmade and (before / f"{each.name}.ndjson").exists()]
    recorded = [each for each in recorded if (after / f"{each.name}.ndjson").exists()]
    if not recorded:
        return found
    if not (models := after / f"{INITIALIZE}.ndjson").exists():
        models.write_bytes((before / models.name).read_bytes())
    answers = await differences(before, after, recorded)
    print(
        f"answers: {len(recorded) - len(answers)} of {len(recorded)} are the same, byte for byte, with both recordings"
    )
    return {name: changed + answers.get(name, []) for name, changed in found.items()}


def _report(found: Mapping[str, list[str]]) -> int:
    """Print what has changed, apart from what is only new, and return in how many recordings something changed."""
    told = {False: together(found, new=False), True: together(found, new=True)}
    for new, heading in ((True, "New, which is harmless: cmappy skips what it does not know"), (False, "CHANGED")):
        if told[new]:
            print(f"{heading}:", *told[new], sep="\n  ")
    return sum(not all(map(is_addition, changed)) for changed in found.values())


async def _flags(session: Session, flags: argparse.Namespace) -> Told:
    """Write the list of the CLI's flags, or compare it with the one that was written."""
    file = flags.into / f"{FLAGS}.txt"
    before, after = file.read_text("utf-8").splitlines() if file.exists() else [], await session.flags()
    told = cli_flags.differences(before, after)
    if not flags.check:
        file.write_text("".join(f"{flag}\n" for flag in after), "utf-8")
    outcome = ("other flags" if told else "same flags") if flags.check else ("changed" if told else "unchanged")
    print(f"{FLAGS:{_WIDTH}} {len(after):5} flags        {outcome}", flush=True)
    return FLAGS, told if flags.check else []


async def _one(name: str, recording: Awaitable[None], flags: argparse.Namespace, folder: Path) -> Told:
    """Record one scenario, say how it went, and return what has changed in its shape."""
    committed, started = flags.into / f"{name}.ndjson", time.monotonic()
    before = committed.read_bytes() if committed.exists() else b""
    try:
        await recording
    except CmappyError as error:
        print(f"{name:{_WIDTH}} FAILED: {error}", flush=True)
        return name, ["cannot be recorded"]
    after = (folder / f"{name}.ndjson").read_bytes()
    lines = load(after).lines
    told: list[str] = []
    if not flags.check:
        outcome = "new" if not before else "unchanged" if before == after else "changed"
    else:
        told = _compare(before, lines)
        outcome = "same shape" if not told else "new fields" if all(map(is_addition, told)) else "ANOTHER SHAPE"
    print(f"{name:{_WIDTH}} {len(lines):5} lines {time.monotonic() - started:5.1f} s  {outcome}", flush=True)
    return name, told


def _compare(before: bytes, lines: Sequence[bytes]) -> list[str]:
    """Return what differs in shape from the committed recording."""
    try:
        return changes(shape(load(before).lines), shape(lines))
    except BadRecording as error:
        return [f"there is no committed recording to compare with: {error}"]


def _installed() -> Path:
    """Return the CLI that tools/install-claude installs."""
    done = subprocess.run([ROOT / "tools" / "install-claude"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.splitlines()[-1])
