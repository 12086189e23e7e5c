"""The checks. Importing this package registers all, from the outside in: what fails first is the likeliest cause."""

# isort: off
from conformance.chat.checks import (  # noqa: F401
    events,
    answer,
    stream,
    endings,
    usage,
    tools,
    structured,
    reasoning,
    sdk,
    failure,
    breaks,
    models,
    harmless,
    service,
    offer,
)
