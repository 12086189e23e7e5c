"""A conformance suite for servers that speak OpenAI's APIs: `cmappy-conformance --base-url URL`.

It knows the protocols and the official SDKs, and no server: nothing here imports cmappy or its tools.
"""

from contextlib import suppress

_SHARED = ("common.framing", "common.failure")  # checks that several APIs adopt
REWRITTEN = [f"conformance.{name}" for name in (*_SHARED, "chat", "completions", "messages", "responses")]

with suppress(ModuleNotFoundError):  # the command says how to install it
    import pytest

    # A failed check shows the values that it compared, wherever it is run from.
    pytest.register_assert_rewrite(*REWRITTEN)
