"""The checks. Importing this package registers all, from the outside in: what fails first is the likeliest cause."""

# isort: off
from conformance.messages.checks import (  # noqa: F401
    events,
    answer,
    usage,
    stream,
    tools,
    sdk,
    failure,
    breaks,
    models,
    harmless,
    service,
    offer,
)
