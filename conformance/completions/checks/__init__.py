"""The checks. Importing this package registers all, from the outside in: what fails first is the likeliest cause."""

# isort: off
from conformance.completions.checks import (  # noqa: F401
    answer,
    stream,
    sdk,
    failure,
    breaks,
    harmless,
)
