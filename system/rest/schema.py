"""How our authentication and envelopes appear in the OpenAPI description; imported by `system.api.urls`."""

from http import HTTPMethod
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from system.rest.envelope import Envelope, envelope_of
from system.rest.views import Edge
from system.rest.viewsets import ScopedViewSet

_FAILURE = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "integer", "examples": [102], "description": "What kind of failure; never 0 but for 401."},
        "message": {"type": "string"},
        "data": {"description": "Present in some failures; `null` or `false`."},
    },
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """API tokens."""

    target_class = "system.rest.authentication.TokenAuthentication"
    name = "ApiToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API token: `ragflow-…`."}


class ConsoleScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Sessions of the console."""

    target_class = "system.rest.authentication.ConsoleSession"
    name = "ConsoleSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class SessionTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Session tokens of the web API."""

    target_class = "system.rest.authentication.SessionToken"
    name = "SessionToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The scheme."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The `Authorization` header of the answer to a login, as it is.",
        }


class EnvelopeSchema(AutoSchema):
    """Describes each JSON answer inside the envelope of its view, and the shape of failures."""

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: str = "response"
    ) -> dict[str, Any]:
        response: dict[str, Any] = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, media_types, direction
        )
        if isinstance(self.view, Edge) and media_types is None:
            for content in response.get("content", {}).values():
                content["schema"] = _wrapped(content["schema"], envelope_of(self.view))
        return response

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if not isinstance(self.view, Edge):
            return responses
        if self.method == HTTPMethod.POST and "201" in responses:
            responses["200"] = responses.pop("201")  # creation answers 200 here
        if "204" in responses:
            content = {"application/json": {"schema": _wrapped(None, envelope_of(self.view))}}
            responses["200"] = {"description": "", "content": content}
            del responses["204"]
        responses["default"] = {"description": "Failure", "content": {"application/json": {"schema": _FAILURE}}}
        return responses

    def _get_request_body(self, direction: str = "request") -> Any:
        if self.method != HTTPMethod.DELETE or not isinstance(self.view, ScopedViewSet):
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        # Lists of ids to delete travel in a body here, which the library describes for the other methods only.
        self.method = str(HTTPMethod.POST)
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = str(HTTPMethod.DELETE)

    def map_renderers(self, attribute: str) -> list[Any]:
        """JSON alone: the browsable pages are for people."""
        if not isinstance(self.view, Edge):
            return list(super().map_renderers(attribute))
        return ["application/json"] if attribute == "media_type" else ["json"]


def _wrapped(schema: Any, envelope: Envelope) -> dict[str, Any]:
    properties: dict[str, Any] = {"code": {"type": "integer", "const": 0}}
    if envelope is Envelope.WEB:
        properties["message"] = {"type": "string"}
    if schema is not None:
        properties["data"] = schema
    return {"type": "object", "required": list(properties), "properties": properties}
