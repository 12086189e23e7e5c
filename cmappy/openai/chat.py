"""The old address of chat's request, until the server asks faces."""

from cmappy.faces.chat.request import ChatRequest, read

__all__ = ["ChatRequest", "read"]
