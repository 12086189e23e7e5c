"""Anthropic's SDK on a door: over the network, or on captured bytes. Its base URL ends before the `/v1`."""

from __future__ import annotations

from anthropic import Anthropic, AsyncAnthropic

from conformance.common.door import Door
from conformance.common.exchange import Json

_BEFORE_PATH = "/v1"


def opened(door: Door) -> Anthropic:
    """Return a client."""
    return Anthropic(**_options(door), http_client=door.http())


def opened_async(door: Door) -> AsyncAnthropic:
    """Return an async client."""
    return AsyncAnthropic(**_options(door), http_client=door.http_async())


def _options(door: Door) -> Json:
    return {
        "base_url": door.url.rstrip("/").removesuffix(_BEFORE_PATH),
        "api_key": door.key,
        "max_retries": door.retries,
        "timeout": door.timeout,
        "_strict_response_validation": door.strict,
        "default_headers": door.headers,
    }
