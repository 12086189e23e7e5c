"""A stub of the Anthropic Messages API to point the real CLI at: scripted answers, real sockets, no account."""

from tools.upstream.answer import Answer, parse
from tools.upstream.received import Outcome, Received
from tools.upstream.server import Upstream

__all__ = ["Answer", "Outcome", "Received", "Upstream", "parse"]
