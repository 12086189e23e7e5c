"""Lists come in pages (OpenAI API reference, `after`, `limit`, `order`; pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cmappy.errors import InvalidRequest

_MOST = 100  # items of one page


def page(items: list[dict[str, Any]], query: Mapping[str, list[str]], *, order: str) -> dict[str, Any]:
    """Return the page that a query asks for; `items` begin with the oldest, `order` is `asc` or `desc` unless asked."""
    order = query.get("order", [order])[-1]
    if order not in {"asc", "desc"}:
        raise InvalidRequest("`order` must be `asc` or `desc`.", param="order")
    ordered = items[::-1] if order == "desc" else items
    after = query.get("after", [""])[-1]
    if after:
        ids = [item["id"] for item in ordered]
        if after not in ids:
            raise InvalidRequest(f"There is no item `{after[:80]}`.", param="after")
        ordered = ordered[ids.index(after) + 1 :]
    limit = _limit(query)
    shown = ordered[:limit]
    first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    return {"object": "list", "data": shown, "first_id": first, "last_id": last, "has_more": len(ordered) > limit}


def _limit(query: Mapping[str, list[str]]) -> int:
    given = query.get("limit", ["20"])[-1]
    if not given.isascii() or not given.isdigit() or len(given) > 3 or int(given) > _MOST:
        raise InvalidRequest(f"`limit` must be a number from 0 to {_MOST}.", param="limit")
    return int(given)
