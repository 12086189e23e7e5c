"""Whether a request comes from somebody who looks: browsers ask for HTML, programs do not (pure)."""

from __future__ import annotations


def wants_page(method: str, path: str, accept: str) -> bool:
    """Return whether a request is for the page: HTML is named in its `Accept`, and JSON is not preferred."""
    if path != "/" or method not in {"GET", "HEAD"}:
        return False
    qualities = dict(_range(part) for part in accept.lower().split(","))
    html = qualities.get("text/html", 0.0)
    return html > 0 and html >= qualities.get("application/json", 0.0)


def _range(part: str) -> tuple[str, float]:
    """Return a media range and its quality; one that cannot be read counts for nothing."""
    kind, *parameters = (each.strip() for each in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return kind, float(value)
            except ValueError:
                return kind, 0.0
    return kind, 1.0
