"""The APIs that the suite knows."""

from conformance.chat import CHAT
from conformance.common.api import Api
from conformance.messages import MESSAGES

APIS: dict[str, Api] = {api.name: api for api in (CHAT, MESSAGES)}
