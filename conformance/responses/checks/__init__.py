"""The checks. Importing this package registers all, from the outside in: what fails first is the likeliest cause."""

# isort: off
from conformance.responses.checks import (  # noqa: F401
    events,
    answer,
    output,
    stream,
    items,
    endings,
    usage,
    tools,
    structured,
    reasoning,
    both,
    sdk,
    failure,
    breaks,
    stored,
    harmless,
    service,
    offer,
)
