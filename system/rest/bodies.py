"""Reading bodies: hostile JSON is refused everywhere; what is missing or misshapen, each API meets its way (A.6)."""

import json
import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any, cast

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from system.errors import ArgumentError
from system.rest.failures import MALFORMED_JSON, no_attribute

_JSON_TYPE = re.compile(r"application/(?:json|[\w.+-]+\+json)\s*(?:;|$)", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Malformed(ArgumentError):
    """Bytes that are not JSON; `detail` says where they are not."""

    def __init__(self, detail: str) -> None:
        super().__init__(MALFORMED_JSON)
        self.detail = detail


def loads(raw: bytes) -> Any:
    """The value of a JSON text.

    Raises Malformed where it is none (`NaN` and `Infinity` are none), ArgumentError where it holds what no column can
    keep: more than RAG_JSON_DEPTH levels, numbers beyond a double, NUL characters, unpaired surrogates.
    """
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
    except ValueError as error:
        raise Malformed(str(error)) from None
    except RecursionError:
        raise Malformed("nested too deeply") from None
    _check(value)
    return value


def strict_object(request: Request) -> dict[str, Any]:
    """The JSON object of a body by the rules of A.8; falsy JSON counts as `{}`."""
    content_type = request.META.get("CONTENT_TYPE") or None
    if not is_json(content_type):
        raise ArgumentError(
            f"Unsupported content type: Expected application/json, got {content_type}",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )
    value = loads(raw_body(request)) or {}
    if not isinstance(value, dict):
        raise ArgumentError(f"Invalid request payload: expected object, got {type(value).__name__}")
    return value


def lenient_object(request: Request) -> dict[str, Any]:
    """The JSON object of a body by A.6: `{}` where there is none, no JSON, or another content type.

    Raises Unhandled where it is JSON of another kind, ArgumentError where it is hostile.
    """
    value = _lenient(request)
    if not isinstance(value, dict):
        raise no_attribute(value, "get")
    return value


def web_object(request: Request) -> Mapping[str, Any]:
    """The JSON object of a body of the web API, or else its form fields; `{}` where there is neither."""
    if is_json(request.META.get("CONTENT_TYPE")):
        value = _lenient(request)
        return value if isinstance(value, dict) else {}
    multipart = (request.content_type or "").startswith("multipart/")
    sent = cast(Mapping[str, Any], request.data) if multipart else request._request.POST
    fields = {key: value for key, value in sent.items() if isinstance(value, str)}
    if not all(map(storable, fields.values())):
        raise _unstorable()
    return fields


def require(body: Mapping[str, Any], *keys: str) -> None:
    """Raise the web API's error (A.9) unless every key is present; null counts as present."""
    if missing := [key for key in keys if key not in body]:
        raise ArgumentError(f"required argument are missing: {','.join(missing)}; ")


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type header names JSON."""
    return bool(_JSON_TYPE.match(content_type or ""))


def raw_body(request: Request) -> bytes:
    """The bytes of the body, at most RAG_BODY_BYTES."""
    try:
        return request._request.body
    except ValueError:
        raise ArgumentError("The Content-Length of the request is no number.") from None


def storable(text: str) -> bool:
    """Whether PostgreSQL can keep `text`: no NUL, no unpaired surrogate."""
    return not _UNSTORABLE.search(text)


class StrictJSONParser(JSONParser):
    """REST framework's door to `loads`, for views that read `request.data`."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value of the body."""
        request = (parser_context or {}).get("request")
        if request is None:
            raise UnsupportedMediaType(media_type or "")
        return loads(raw_body(request))


def _lenient(request: Request) -> Any:
    if not is_json(request.META.get("CONTENT_TYPE")):
        return {}
    try:
        return loads(raw_body(request)) or {}
    except Malformed:
        return {}


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _check(root: Any) -> None:
    """Refuse what no column can keep; level by level, so that depth costs no recursion."""
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > settings.RAG_JSON_DEPTH + 1:
            raise ArgumentError(f"The body is nested deeper than {settings.RAG_JSON_DEPTH} levels.")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.keys()
                below += value.values()
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str) and not storable(value):
                raise _unstorable()
            elif isinstance(value, float) and not math.isfinite(value):
                raise ArgumentError("The body holds a number beyond the range of a double.")
        level = below


def _unstorable() -> ArgumentError:
    return ArgumentError("The body holds a NUL character or an unpaired surrogate; take it out.")
