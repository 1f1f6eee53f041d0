"""Answers where no view of an API is reached: unknown routes, and errors outside the views."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from system.errors import ArgumentError, Forbidden, RagError
from system.rest.envelope import Envelope, wire_status
from system.rest.failures import Unhandled, no_route
from system.rest.paths import is_api


@csrf_exempt
def unknown_route(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """The answer to every API path without a route."""
    return _json(no_route())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return _json(no_route()) if is_api(request.path_info) else defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a host that is not allowed, a malformed request."""
    if is_api(request.path_info):
        return _json(ArgumentError("The request is malformed, or its Host header is not one of this site."))
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if is_api(request.path_info):
        return _json(Forbidden("You do not have permission to perform this action."))
    return defaults.permission_denied(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: an exception outside the views; Django has logged it."""
    if is_api(request.path_info):
        return _json(Unhandled("Something went wrong on our side; see the server's log.", status=HTTPStatus(500)))
    return defaults.server_error(request)


def _json(error: RagError) -> JsonResponse:
    return JsonResponse(Envelope.WEB.failure(error), status=wire_status(error.http_status), headers=error.headers)
