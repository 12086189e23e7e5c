"""The APIs that the suite knows."""

from conformance.chat import CHAT
from conformance.common.api import Api

APIS: dict[str, Api] = {api.name: api for api in (CHAT,)}
