"""OpenAI's older completions: a text to go on with."""

from cmappy.faces.completions.asked import read
from cmappy.faces.completions.errors import fault
from cmappy.faces.completions.fields import FIELDS
from cmappy.faces.completions.reply import Piece
from cmappy.faces.face import Face

FACE: Face[Piece] = Face(name="completions", path="/completions", read=read, fault=fault, fields=FIELDS)

__all__ = ["FACE"]
