"""A conformance suite for servers that speak OpenAI's APIs: `pytest conformance --base-url URL`.

It knows the protocols and the official SDKs, and no server: nothing here imports cmappy or its tools.
"""

import pytest

# A failed check shows the values that it compared, wherever it is run from.
pytest.register_assert_rewrite(
    *(f"conformance.{name}" for name in ("common", "chat", "completions", "messages", "responses"))
)
