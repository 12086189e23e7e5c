"""Builds the backend that the settings ask for."""

from __future__ import annotations

from cmappy.backends import Backend
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Answering
from cmappy.backends.record import FolderRecorder
from cmappy.backends.replay import ReplaySource
from cmappy.errors import BillingRefused
from cmappy.settings import Settings


async def build(chosen: Settings) -> tuple[Backend, str]:
    """Return the backend for the settings, and a line that says what it is; raises CmappyError or BadFixture."""
    if chosen.replay:
        return Answering(ReplaySource(chosen.replay), Interpreter), f"Replaying the recordings in {chosen.replay}"
    # The real backend is imported only where it is used: replaying starts faster without it.
    from cmappy.backends.claude.backend import ClaudeSource
    from cmappy.backends.claude.launch import environment
    from cmappy.backends.claude.login import inspect
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
    source = ClaudeSource(
        claude,
        child,
        installed,
        first=chosen.first_timeout,
        silence=chosen.silence_timeout,
        concurrency=chosen.max_concurrency,
        warm=chosen.warm,
        live=chosen.live,
        idle=chosen.live_timeout,
    )
    backend = Answering(source, Interpreter, FolderRecorder(chosen.record) if chosen.record else None)
    pays = " (billed for each token)" if billed else ""
    return backend, f"Claude Code CLI {installed.version}, login: {installed.login}{pays}"
