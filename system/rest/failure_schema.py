"""The failures of a route in the OpenAPI description: which statuses it answers with, and in which shape."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework.permissions import SAFE_METHODS, AllowAny

from system.errors import Code
from system.rest.authentication import TokenAuthentication
from system.rest.envelope import Envelope, envelope_of
from system.rest.views import Edge
from system.rest.viewsets import ScopedViewSet

_ALWAYS = {HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}
_WHOLE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}  # before anything is done
_OF_ROWS = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}

_MEANINGS = {
    HTTPStatus.BAD_REQUEST: "An argument, or the data, do not allow it.",
    HTTPStatus.UNAUTHORIZED: "The credentials are missing or wrong.",
    HTTPStatus.FORBIDDEN: "The caller lacks the right.",
    HTTPStatus.NOT_FOUND: "There is no such object in the caller's reach.",
    HTTPStatus.CONFLICT: "The state of the object does not allow it now.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More than a limit allows; the message names it.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of another kind.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests, or failed logins; `Retry-After` tells when to come back.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Our fault; the message has the reference under which the log has the cause.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part of the site does not answer; trying again may help.",
}

_PREFIXES = {Envelope.REST: "", Envelope.WEB: "Web", Envelope.BARE: "Bare"}
_TEXT = {"type": "string"}
_CODES = {"type": "integer", "enum": sorted({*map(int, Code)} - {0}), "description": "What kind of failure."}


def _body(code: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    properties = {"code": code, "message": _TEXT, **properties}
    return {"type": "object", "required": [*properties], "properties": properties, "additionalProperties": False}


_SHAPES = {
    # variant R, and W-short
    "Failure": _body(_CODES),
    # variant E: in the shape of an exception that nobody handled
    "Exception": _body({"const": int(Code.EXCEPTION)}, data={"type": "null"}),
    # variant W
    "WebFailure": _body(_CODES, data={"description": "`null` or `false`."}),
    # PartlyDone
    "PartFailure": _body(
        _CODES,
        data={
            "type": "array",
            "items": {"type": "object"},
            "description": "What became of each file, where `on_conflict` was sent: `name`, `upload_result` (one of a "
            "success, or `refused`), the document's `id`, and a `message` where there is none.",
        },
    ),
    # without an envelope
    "BareFailure": _body({"type": "integer", "description": "The HTTP status; 101 for a wrong argument."}),
    # refused credentials of the REST API, which clients tell by `data`
    "Refusal": _body({"enum": [int(Code.SUCCESS), int(Code.AUTHENTICATION)]}, data={"const": False}),
}


def statuses(view: Edge, method: str, *, action: str, has_body: bool) -> list[HTTPStatus]:
    """The statuses of the failures of one operation, in order.

    What holds for every route of a kind is found here; `fails_with` of a view tells the rest. 405 is none of them: it
    is the answer to the methods that are not described.
    """
    found = set(_ALWAYS)
    if AllowAny not in view.permission_classes:
        found.add(HTTPStatus.UNAUTHORIZED)
    if has_body:
        found.add(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if method not in SAFE_METHODS and _takes_tokens(view):
        found.add(HTTPStatus.FORBIDDEN)  # the token's scope; CSRF, for the console's session
    if action in view.fails_with:
        found |= set(map(HTTPStatus, view.fails_with[action]))
    elif isinstance(view, ScopedViewSet):
        found |= _of_rows(view, method)
    return sorted(found)


def _of_rows(view: Edge, method: str) -> set[HTTPStatus]:
    """A row out of reach is not found by the REST API; the web API mostly says that the caller has no right."""
    found = {HTTPStatus.NOT_FOUND} if _takes_tokens(view) else {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}
    return found if method in SAFE_METHODS else {*found, HTTPStatus.CONFLICT}


def responses(
    view: Edge, wanted: Iterable[HTTPStatus], registry: ComponentRegistry, *, action: str
) -> dict[str, dict[str, Any]]:
    """References to the descriptions of failures, which are put into `registry`."""
    partly = action in view.partly
    envelope = envelope_of(view)
    return {str(int(status)): _response(envelope, status, registry, partly=partly) for status in wanted}


def _takes_tokens(view: Edge) -> bool:
    return any(issubclass(one, TokenAuthentication) for one in view.authentication_classes)


def _response(envelope: Envelope, status: HTTPStatus, registry: ComponentRegistry, *, partly: bool) -> dict[str, Any]:
    partly = partly and status not in _WHOLE
    names = [*_shapes(envelope, status), *(["PartFailure"] if partly else [])]
    shapes = [_schema(name, registry) for name in names]
    content = {"application/json": {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}}
    described = {"description": _MEANINGS.get(status, status.phrase), "content": content}
    name = f"{_PREFIXES[envelope]}{'Part' if partly else ''}{status.phrase.title().replace(' ', '')}"
    return _put(name, ResolvedComponent.RESPONSE, described, registry)


def _shapes(envelope: Envelope, status: HTTPStatus) -> list[str]:
    if envelope is Envelope.WEB:
        return ["WebFailure"]
    if envelope is Envelope.BARE:
        return ["BareFailure", "Exception"]
    if status is HTTPStatus.UNAUTHORIZED:
        return ["Refusal"]
    return ["Failure", "Exception"]


def _schema(name: str, registry: ComponentRegistry) -> dict[str, Any]:
    return _put(name, ResolvedComponent.SCHEMA, _SHAPES[name], registry)


def _put(name: str, kind: str, schema: Mapping[str, Any], registry: ComponentRegistry) -> dict[str, Any]:
    component = ResolvedComponent(name, kind, schema, object=name)  # type: ignore[no-untyped-call]
    registry.register_on_missing(component)
    reference: dict[str, Any] = component.ref
    return reference
