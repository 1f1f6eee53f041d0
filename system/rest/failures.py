"""From exceptions of any origin to the errors that callers are shown."""

import functools
import logging
import secrets
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions

from system.errors import ArgumentError, Code, Forbidden, RagError, TooLarge, TooMany, Unavailable

log = logging.getLogger(__name__)

# Texts that clients compare letter by letter (contract A.3, A.5, A.8).
NO_ROUTE = "<NotFound '404: Not Found'>"
NO_METHOD = "<MethodNotAllowed '405: Method Not Allowed'>"
NO_QUERY_KEY = "<BadRequestKeyError '400: Bad Request'>"
NO_SESSION = "<Unauthorized '401: Unauthorized'>"
NO_TOKEN = "`Authorization` can't be empty"  # noqa: S105 -- a message
BAD_HEADER = "Please check your authorization format."
BAD_TOKEN = "Authentication error: API key is invalid!"  # noqa: S105 -- a message
MALFORMED_JSON = "Malformed JSON syntax: Missing commas/brackets or invalid encoding"


class Unhandled(RagError):
    """A failure in the shape of an exception that nobody handled (variant E): code 100, and the text of its repr.

    The reference shows such reprs and clients compare some of them; ours come from validation, never from a crash.
    """

    code = Code.EXCEPTION


class Refused(RagError, exceptions.AuthenticationFailed):
    """The credentials are missing or wrong; answered in variant W on every route.

    It is an exception of REST framework too, so that a refused request counts as anonymous while its answer is made.
    """

    code = Code.AUTHENTICATION
    status = HTTPStatus.UNAUTHORIZED


def no_route() -> Unhandled:
    """No route for the path."""
    return Unhandled(NO_ROUTE, status=HTTPStatus.NOT_FOUND)


def no_query_key() -> Unhandled:
    """A query parameter that a route reads by its name is missing."""
    return Unhandled(NO_QUERY_KEY)


def no_session() -> Refused:
    """The web API was called without a live session token."""
    return Refused(NO_SESSION, code=Code.UNAUTHORIZED)


def no_attribute(value: Any, attribute: str) -> Unhandled:
    """The body, or a field of it, has a type without a method that the reference calls on it."""
    return Unhandled(f'AttributeError("{type(value).__name__!r} object has no attribute {attribute!r}")')


def not_an_integer(value: str) -> Unhandled:
    """A query parameter is no integer."""
    text = f"invalid literal for int() with base 10: {value!r}"
    return Unhandled(f"ValueError({text!r})")


@functools.singledispatch
def as_error(error: Exception) -> RagError:
    """What the caller is told of `error`; of a bug, a reference number under which the log has its trace."""
    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error)
    return Unhandled(
        f"Something went wrong on our side; the log of the server has the cause under reference {reference}.",
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
    )


@as_error.register
def _(error: RagError) -> RagError:
    return error


@as_error.register
def _(error: exceptions.APIException) -> RagError:
    """The rest of REST framework's own, a plain message each."""
    return ArgumentError(str(error.detail), status=HTTPStatus(error.status_code))


@as_error.register(exceptions.NotAuthenticated)
@as_error.register(exceptions.AuthenticationFailed)
def _(error: exceptions.APIException) -> RagError:
    return Refused(NO_TOKEN, code=Code.SUCCESS, data=False)


@as_error.register(exceptions.NotFound)
@as_error.register(Http404)
def _(error: Exception) -> RagError:
    return no_route()


@as_error.register
def _(error: exceptions.MethodNotAllowed) -> RagError:
    return Unhandled(NO_METHOD, status=HTTPStatus.METHOD_NOT_ALLOWED)


@as_error.register
def _(error: exceptions.PermissionDenied) -> RagError:
    return Forbidden(str(error.detail))


@as_error.register
def _(error: DjangoPermissionDenied) -> RagError:
    return Forbidden(str(error) or "You do not have permission to perform this action.")


@as_error.register
def _(error: exceptions.Throttled) -> RagError:
    wait = max(1, int(getattr(error, "wait", None) or 1))  # set by its constructor, unknown to the stubs
    return TooMany(f"Too many requests: try again in {wait} s.", headers={"Retry-After": str(wait)})


@as_error.register
def _(error: RequestDataTooBig) -> RagError:
    return TooLarge("The body is larger than this site accepts; send less at once.")


@as_error.register
def _(error: TooManyFilesSent) -> RagError:
    return TooLarge("Too many files in one request; send fewer at once.")


@as_error.register(MultiPartParserError)
@as_error.register(SuspiciousOperation)
@as_error.register(BadRequest)
@as_error.register(UnreadablePostError)
def _(error: Exception) -> RagError:
    return ArgumentError("The request is malformed or was cut off; send it again, whole.")


@as_error.register(OperationalError)
@as_error.register(InterfaceError)
def _(error: Exception) -> RagError:
    log.error("the database failed a request", exc_info=error)
    return Unavailable("The database did not answer in time; try again.", headers={"Retry-After": "1"})
