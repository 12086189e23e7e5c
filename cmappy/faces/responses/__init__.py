"""OpenAI's Responses API: `POST /v1/responses` and the responses that are kept (CONTRACT.md)."""

from cmappy.faces.face import Face
from cmappy.faces.responses.events import Wire
from cmappy.faces.responses.failure import fault
from cmappy.faces.responses.fields import FIELDS
from cmappy.faces.responses.kept import ENDPOINTS
from cmappy.faces.responses.turn import read

FACE: Face[Wire] = Face(
    name="responses", path="/responses", read=read, fault=fault, fields=FIELDS, endpoints=ENDPOINTS, eager=True
)
