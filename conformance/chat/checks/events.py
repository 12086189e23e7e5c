"""A stream as bytes: the checks that all APIs share."""

from conformance.chat.subjects.stream import Stream
from conformance.common import framing
from conformance.common.registry import adopt

adopt(framing.__name__, Stream)
