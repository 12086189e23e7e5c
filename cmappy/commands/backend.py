"""Builds the backend that the settings ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cmappy import settings
from cmappy.backends import Backend
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.claude.parse import listed
from cmappy.backends.lines import Answering, Source
from cmappy.errors import BillingRefused
from cmappy.recording import rules
from cmappy.recording.demo import PROMPTS, demo
from cmappy.recording.faults import scenarios
from cmappy.recording.missing import Missing
from cmappy.recording.record import FolderRecorder
from cmappy.recording.replay import Pace, Replay
from cmappy.recording.rules import Rules
from cmappy.settings import RECORDINGS, Settings

_ONE = 300 << 20  # bytes that a process takes after many turns


class Built(NamedTuple):
    """A backend, and lines that say what it is. `example` is a model and a question that it answers."""

    backend: Backend
    about: str
    example: tuple[str, str] | None = ("sonnet", "Say hello.")


async def build(chosen: Settings, on_price: Callable[[float], None] = lambda dollars: None) -> Built:
    """Return the backend that the settings ask for; raises CmappyError or BadRecording.

    `on_price` is called with the list price of what was used, whenever the CLI tells it.
    """
    replay = replaying(chosen, chosen.replay) if chosen.replay else None
    if replay and not chosen.record_missing:
        about, backend = f"Replaying the recordings in {replay.folder}", Answering(replay, Interpreter)
        if replay.folder == RECORDINGS:
            return Built(backend, about + _prompts())
        return Built(backend, about, replay.example())
    source, about = await live(chosen, on_price)
    if replay:
        recorder = recording(chosen, replay.folder, replay)
        both = Missing(replay, Answering(replay, Interpreter), Answering(source, Interpreter, recorder))
        return Built(both, f"{about}\nReplaying {replay.folder}, and recording there what is missing")
    if chosen.record:
        recorder = recording(chosen, chosen.record)
        backend = Answering(source, Interpreter, recorder)
        return Built(backend, f"{about}\nRecording every answer in {chosen.record}")
    return Built(Answering(source, Interpreter), about)


async def live(chosen: Settings, on_price: Callable[[float], None] = lambda dollars: None) -> tuple[Source, str]:
    """Return the real CLI as a source, and a line that says what it is; raises CmappyError."""
    # It is imported only where it is used: replaying starts faster without it.
    from cmappy.backends.claude.backend import ClaudeSource
    from cmappy.backends.claude.launch import environment
    from cmappy.backends.claude.login import inspect
    from cmappy.backends.claude.proof import proof_of
    from cmappy.backends.cli.platform import SYSTEM

    child = environment(
        chosen.environment(),
        own_address=f"{chosen.host}:{chosen.port}",
        allow_api_key=chosen.allow_api_key,
        max_retries=chosen.max_retries,
    )
    claude = SYSTEM.program(chosen.claude)
    installed = await inspect(claude, child, check_login=not chosen.skip_auth_check)
    billed = installed.login.startswith("api_key")
    if billed and not chosen.allow_api_key:
        raise BillingRefused
    processes = fitting(_memory(), os.cpu_count() or 1) if chosen.processes is None else chosen.processes
    source = ClaudeSource(
        claude,
        child,
        installed,
        first=chosen.first_timeout,
        silence=chosen.silence_timeout,
        processes=processes or chosen.max_concurrency + chosen.warm,
        keep=processes > 0,
        warm=chosen.warm,
        idle=chosen.live_timeout,
        renew=chosen.renew_turns,
        proof=proof_of(claude, child, settings.state_folder()),
        allow_api_key=chosen.allow_api_key,
        on_price=on_price,
    )
    pays = " (billed for each token)" if billed else ""
    return source, f"Claude Code CLI {installed.version}, login: {installed.login}{pays}"


def fitting(memory: int, cores: int) -> int:
    """Return how many processes suit a machine of so many bytes: a sixth of its memory, and no more than are of use."""
    return max(4, min(12, memory // (6 * _ONE), 4 + 4 * cores))


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 8 << 30


def replaying(chosen: Settings, folder: Path) -> Replay:
    """Return the recordings of a folder as a source; raises BadRecording."""
    pace: Pace = None
    if chosen.pace:
        pace = "recorded" if chosen.pace == "recorded" else float(chosen.pace)
    return Replay(
        folder,
        matching(chosen, folder),
        pace=pace,
        models=listed,
        scenarios=scenarios(RECORDINGS),
        demo=demo(RECORDINGS) if folder == RECORDINGS else None,
        unused=chosen.unused_report,
        may_be_empty=chosen.record_missing,
    )


def recording(chosen: Settings, folder: Path, replay: Replay | None = None) -> FolderRecorder:
    """Return what writes recordings to a folder, and tells `replay` of each; raises BadRecording."""
    return FolderRecorder(
        folder,
        Interpreter,
        matching(chosen, folder),
        errors=chosen.record_errors,
        compact=chosen.record_compact,
        names=chosen.model_map,
        kept=replay.add if replay else lambda name, recording: None,
    )


def matching(chosen: Settings, folder: Path) -> Rules:
    """Return what counts when requests are compared: the folder's recordings.toml and the settings."""
    return rules.read(folder).plus(chosen.ignore, chosen.redact, chosen.match)


def _prompts() -> str:
    shown = "".join(f"\n  {prompt:<32}{what}" for prompt, (what, _) in PROMPTS.items())
    return f"\nAny question is answered with a demonstration. These show something:{shown}"
