"""Servers that do not do what they are said to do, or do not say what they do not."""

from conformance.chat.subjects.offer import Offer
from conformance.common.cases import Case
from tests.conformance_checks.defects import Broken, ids
from tests.conformance_checks.defects.flavours import CALLS, TEXT, plain_reply


def broken(name, flavour, server, **caught_by):
    """Return a server that is said to offer text."""
    case = Case(flavour.name, flavour.case().request, flavour.expect, detail=flavour.tags)
    return Broken(name, Offer, case, server, ids(caught_by))


REFUSAL = {"error": {"message": "not offered", "type": "invalid_request_error", "param": None, "code": None}}
DEFECTS = [
    broken("refuses what it offers", TEXT, plain_reply(REFUSAL, 400), offer__shown="not offered"),
    broken("ignores tools", CALLS, plain_reply(TEXT.body), offer__honest="needs tools"),
    broken("fails on tools", CALLS, plain_reply("Internal Server Error", 500), offer__honest="500"),
]
