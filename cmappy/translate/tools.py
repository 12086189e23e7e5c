"""The old address of the names of functions, until the server asks faces."""

from cmappy.faces.chat import turn
from cmappy.faces.chat.request import ChatRequest


def names(request: ChatRequest) -> dict[str, str]:
    """Return the client's name of each function, by the API's."""
    return turn.tools(request).names
