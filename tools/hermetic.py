"""The environment of a CLI that must reach nothing but a stub: built from nothing, never inherited."""

import os
from pathlib import Path


def environment(home: Path, upstream_url: str, *, binary: Path | None = None, **extra: str | None) -> dict[str, str]:
    """Everything a child may know, with the dummy login of a subscription.

    `binary` puts its directory first in PATH. `extra` adds or replaces variables; None removes one, so that
    `CLAUDE_CODE_OAUTH_TOKEN=None, ANTHROPIC_API_KEY="dummy"` takes the path of an API key.
    """
    directories = [str(binary.parent)] if binary is not None else []
    variables = {
        "PATH": os.pathsep.join([*directories, os.defpath]),
        "HOME": str(home),
        "TERM": "dumb",
        "ANTHROPIC_BASE_URL": upstream_url,
        "CLAUDE_CODE_OAUTH_TOKEN": "dummy",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        # Nothing listens on port 9: whatever would leave the machine fails at once.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    return {name: value for name, value in (variables | extra).items() if value is not None}
