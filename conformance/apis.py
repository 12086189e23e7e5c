"""The APIs that the suite knows."""

from conformance.chat import CHAT
from conformance.common.api import Api
from conformance.completions import COMPLETIONS
from conformance.messages import MESSAGES
from conformance.responses import RESPONSES

APIS: dict[str, Api] = {api.name: api for api in (CHAT, RESPONSES, MESSAGES, COMPLETIONS)}
