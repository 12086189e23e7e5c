"""Whether the long tests run in full, as they do with something in CMAPPY_FULL, or in a short form."""

import os

FULL = bool(os.environ.get("CMAPPY_FULL"))
