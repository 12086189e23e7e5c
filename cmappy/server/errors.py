"""Every failure leaves the server as an error of the API that was asked, whoever raised it."""

from __future__ import annotations

import asyncio
import logging
import time

from sanic import HTTPResponse, Request, exceptions
from sanic.handlers import ErrorHandler
from sanic.response import json

from cmappy import errors
from cmappy.faces import FACES, face_at
from cmappy.server.request import ClientRequest
from cmappy.server.trace import LEFT

log = logging.getLogger("cmappy")


_OFFERED = " and ".join([*(f"/v1{face.path}" for face in FACES), "/v1/models"])


class FaceErrors(ErrorHandler):
    """Prints our errors, translates Sanic's, and hides everything else behind a 500."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        """Return the response for an exception; nobody sees the one for a client that has left."""
        if isinstance(exception, asyncio.CancelledError):
            return HTTPResponse(status=LEFT)
        error = translate(exception, request)
        if isinstance(error, errors.PlanExhausted) and error.resets_at:
            error.retry_after = error.resets_at - time.time()
        id = ""
        if isinstance(request, ClientRequest):
            id, request.trace.error = request.trace.id, error.code or ""
            log.debug("%s failed: %s", id, error.message)
        fault = face_at(request.path, request.headers or ()).fault(error, id)
        headers = fault.headers
        if isinstance(exception, exceptions.MethodNotAllowed):
            headers |= exception.headers
        return json(fault.body, status=fault.status, headers=headers)


def translate(exception: Exception, request: Request | None = None) -> errors.CmappyError:
    """Return the error that a client is told for any exception; what is not its business is logged instead."""
    url = request.path if request else ""
    match exception:
        case errors.CmappyError():
            return exception
        case exceptions.NotFound():
            return errors.RouteNotFound(f"Unknown URL: {url}. This server offers {_OFFERED}.")
        case exceptions.MethodNotAllowed():
            return errors.MethodNotAllowed(f"{request.method if request else ''} is not allowed for {url}.")
        case exceptions.PayloadTooLarge() if request is None or not request.head:
            return errors.HeaderTooLarge("The request's header is too large. Send shorter headers.")
        case exceptions.PayloadTooLarge():
            return errors.TooLarge("The request body is too large. Send less, or raise `--max-body`.")
        case exceptions.RequestTimeout():
            return errors.RequestTimeout("The request did not arrive in time. Send it again.")
        case exceptions.ServiceUnavailable():
            return errors.TimedOut("The answer took too long.")
        case exceptions.SanicException() if 400 <= exception.status_code < 500:
            return errors.InvalidRequest(f"The request cannot be read: {exception}")
    log.error("a request failed unexpectedly", exc_info=exception)
    return errors.CmappyError("cmappy made a mistake. Its log tells more; please report it.")
