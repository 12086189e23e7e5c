"""The APIs that clients speak; each is one package, and knows no other."""

from collections.abc import Container
from typing import Any

from cmappy.faces import chat, completions, messages, responses
from cmappy.faces.face import Face

FACES: tuple[Face[Any], ...] = (chat.FACE, responses.FACE, messages.FACE, completions.FACE)


def face_at(path: str, headers: Container[str]) -> Face[Any]:
    """Return the face that a URL's path belongs to, also one of its further endpoints.

    What belongs to none gets the face whose clients send a header that is among `headers`, or else the first one.
    """
    below = f"{path.removeprefix('/v1')}/"
    return next(
        (face for face in FACES if below.startswith(f"{face.path}/")),
        next((face for face in FACES if face.marker and face.marker in headers), FACES[0]),
    )
