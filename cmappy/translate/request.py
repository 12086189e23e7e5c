"""The old address of the way from a request to a turn, until the server asks faces."""

from cmappy.faces.chat import turn
from cmappy.faces.chat.request import ChatRequest
from cmappy.faces.face import Options
from cmappy.turn import Turn


def to_turn(request: ChatRequest, model: str, *, url_images: bool = False, forward_sampling: bool = False) -> Turn:
    """Return the turn for a request."""
    options = Options(url_images=url_images, forward_sampling=forward_sampling)
    return turn.to_turn(request, turn.tools(request), model, options)
