"""Chat completions (OpenAI API reference, "Chat")."""

from cmappy.faces.chat.asked import read
from cmappy.faces.chat.chunk import Chunk
from cmappy.faces.chat.errors import fault
from cmappy.faces.chat.fields import FIELDS
from cmappy.faces.chat.kept import ENDPOINTS
from cmappy.faces.face import Face

FACE: Face[Chunk] = Face("chat.completions", "/chat/completions", read, fault, FIELDS, endpoints=ENDPOINTS)
