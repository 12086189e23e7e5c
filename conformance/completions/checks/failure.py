"""Errors: the checks that OpenAI's APIs share."""

from conformance.common import failure
from conformance.common.registry import adopt
from conformance.completions.subjects.failure import Failure

adopt(failure.__name__, Failure, "completions.")
