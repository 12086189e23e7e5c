"""Builds the backend that the settings ask for."""

from __future__ import annotations

import os

from cmappy import settings
from cmappy.backends import Backend
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Answering
from cmappy.backends.record import FolderRecorder
from cmappy.backends.replay import ReplaySource
from cmappy.errors import BillingRefused
from cmappy.settings import Settings

_ONE = 300 << 20  # bytes that a process takes after many turns


async def build(chosen: Settings) -> tuple[Backend, str]:
    """Return the backend for the settings, and a line that says what it is; raises CmappyError or BadFixture."""
    if chosen.replay:
        return Answering(ReplaySource(chosen.replay), Interpreter), f"Replaying the recordings in {chosen.replay}"
    # The real backend is imported only where it is used: replaying starts faster without it.
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
    )
    backend = Answering(source, Interpreter, FolderRecorder(chosen.record) if chosen.record else None)
    pays = " (billed for each token)" if billed else ""
    return backend, f"Claude Code CLI {installed.version}, login: {installed.login}{pays}"


def fitting(memory: int, cores: int) -> int:
    """Return how many processes suit a machine of so many bytes: a sixth of its memory, and no more than are of use."""
    return max(4, min(12, memory // (6 * _ONE), 4 + 4 * cores))


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 8 << 30
