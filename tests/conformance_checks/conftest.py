"""What the tests of the checks share: a server of broken answers, and a suite that looks at it."""

import httpx
import pytest
import respx

from conformance.chat import CHAT
from conformance.common.door import Door
from conformance.common.registry import checks_of
from conformance.common.session import Session
from conformance.common.targets import Target


@pytest.fixture
def served():
    """Answer every request with what a function makes of it, and return a session that looks at it."""
    with respx.mock(assert_all_called=False) as router:

        def serve(server, send=CHAT.send):
            router.route().mock(side_effect=server)
            # respx knows httpx, which the SDK accepts instead of its own HTTP library.
            door = Door("http://127.0.0.1:1/v1", library=httpx)
            return Session(door, Target("broken", capabilities=frozenset({"text"})), send)

        yield serve


@pytest.fixture
def failures():
    """Return what runs all checks of one kind on a case: the failed ones, with what they say."""

    def run(session, kind, case):
        found = {}
        for check in checks_of(kind):
            if check.applies(case.traits):
                try:
                    check(session.observe(kind, case))
                except AssertionError as error:
                    found[check.id] = str(error)
        return found

    return run
