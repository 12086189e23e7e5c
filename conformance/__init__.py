"""A conformance suite for servers that speak OpenAI's chat API: `pytest conformance --base-url URL`.

It knows the protocol and the official SDK, and no server: nothing here imports cmappy or its tools.
"""

import pytest

# A failed check shows the values that it compared, wherever it is run from.
pytest.register_assert_rewrite("conformance.checks")
