import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions

from system.rest import failures


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (exceptions.NotFound(), 100, 404),
        (Http404(), 100, 404),
        (exceptions.MethodNotAllowed("PUT"), 100, 405),
        (exceptions.NotAuthenticated(), 0, 401),
        (exceptions.AuthenticationFailed(), 0, 401),
        (exceptions.PermissionDenied(), 108, 403),
        (PermissionDenied(), 108, 403),
        (exceptions.Throttled(wait=3), 103, 429),
        (exceptions.ParseError(), 101, 400),
        (exceptions.UnsupportedMediaType("x/y"), 101, 415),
        (RequestDataTooBig(), 101, 413),
        (TooManyFilesSent(), 101, 413),
        (MultiPartParserError(), 101, 400),
        (SuspiciousOperation("/etc/passwd"), 101, 400),
        (UnreadablePostError(), 101, 400),
        (failures.no_session(), 401, 401),
        (failures.no_query_key(), 100, 400),
        (ZeroDivisionError(), 100, 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_exception_has_a_code_and_a_status(error, code, status):
    told = failures.as_error(error)

    assert (told.error_code, told.http_status) == (code, status)
    assert "/etc" not in told.message


def test_a_throttled_caller_is_told_when_to_come_back():
    assert failures.as_error(exceptions.Throttled(wait=2.1)).headers == {"Retry-After": "3"}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (failures.no_attribute("x", "get"), """AttributeError("'str' object has no attribute 'get'")"""),
        (failures.no_attribute(None, "encode"), """AttributeError("'NoneType' object has no attribute 'encode'")"""),
        (failures.not_an_integer("a"), """ValueError("invalid literal for int() with base 10: 'a'")"""),
        (failures.no_query_key(), "<BadRequestKeyError '400: Bad Request'>"),
    ],
)
def test_texts_that_clients_compare_are_exact(error, message):
    assert error.message == message
