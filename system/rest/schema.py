"""How our authentication and envelopes appear in the OpenAPI description; imported by `system.api.urls`."""

from http import HTTPMethod
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import is_list_serializer
from rest_framework.permissions import SAFE_METHODS, AllowAny

from system.rest import failure_schema
from system.rest.envelope import Envelope, envelope_of
from system.rest.views import Edge
from system.rest.viewsets import ScopedViewSet


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


class SignedAddressScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Signed addresses."""

    target_class = "system.rest.signed.SignedAddress"
    name = "SignedAddress"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The scheme."""
        return {
            "type": "apiKey",
            "in": "query",
            "name": "signature",
            "description": "Part of an address that another route handed out; opens that one alone, for ten minutes.",
        }


class EnvelopeSchema(AutoSchema):
    """Describes each JSON answer inside the envelope of its view, and every failure that it can end in."""

    @property
    def action(self) -> str:
        """What the operation is called in the code: the viewset's action, or the method."""
        return str(getattr(self.view, "action", None) or self.method.lower())

    def get_operation_id(self) -> str:
        """The path and the action: `datasets_list`, `web_document_rename`."""
        if not isinstance(self.view, Edge):
            return super().get_operation_id()
        words = [word.replace("-", "_") for word in self._tokenize_path()]
        # A path of the web API mostly names the action itself.
        named = self._is_web() and len(self._methods()) == 1 and "{" not in self.path
        if not named and words[-1:] != [self.action]:
            words.append(self.action)
        return "_".join(["web", *words] if self._is_web() else words)

    def get_summary(self) -> str:
        """The first line of the docstring, without its full stop: pages show it beside the path."""
        return super().get_description().partition("\n")[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]  # the library calls no description None
        """What the docstring says beyond its first line."""
        return super().get_description().partition("\n")[2].strip()

    def get_tags(self) -> list[str]:
        """The subject: what follows the prefix, and of what is below a dataset the kind of row."""
        words = self._tokenize_path()
        if not isinstance(self.view, Edge):
            return words[:1]
        if self._is_web():
            return [f"web: {words[0]}"]
        return [words[-1] if words[0] == "datasets" else words[0]]

    def get_auth(self) -> list[dict[str, Any]]:
        """The ways to authenticate; none where a route is open."""
        return [] if AllowAny in self.view.permission_classes else super().get_auth()

    def _is_web(self) -> bool:
        return self.path.startswith("/v1/")

    def _methods(self) -> list[str]:
        actions: dict[str, str] | None = getattr(self.view, "action_map", None)
        return list(actions or (name for name in self.method_mapping if hasattr(self.view, name)))

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Whether an answer is a list: of the rows of a view's own serializer, or where a serializer says so."""
        if not isinstance(self.view, Edge) or is_list_serializer(serializer):
            return bool(super()._is_list_view(serializer))
        own = getattr(self.view, "serializer_class", None)
        return isinstance(serializer, own or ()) and bool(super()._is_list_view(serializer))

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: str = "response"
    ) -> dict[str, Any]:
        response: dict[str, Any] = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, media_types, direction
        )
        if isinstance(self.view, Edge) and media_types is None:
            if "content" not in response:
                response |= {"description": "", "content": {"application/json": {"schema": None}}}
            for content in response.get("content", {}).values():
                content["schema"] = self._wrapped(content["schema"], sparse=getattr(serializer, "sparse", False))
        return response

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        if not isinstance(self.view, Edge):
            described: dict[str, Any] = super()._get_response_bodies(direction)
            return described
        answer: Any = self.get_response_serializers()
        if isinstance(answer, dict):
            described = super()._get_response_bodies(direction)
        else:  # creation and deletion answer 200 here, too
            described = {"200": self._get_response_for_code(answer, "200", direction=direction)}
        has_body = self.method not in SAFE_METHODS and self._get_request_body() is not None
        wanted = failure_schema.statuses(self.view, self.method, action=self.action, has_body=has_body)
        failures = failure_schema.responses(self.view, wanted, self.registry, action=self.action)
        return dict(sorted({**failures, **described}.items()))

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

    def _wrapped(self, schema: Any, *, sparse: bool = False) -> Any:
        """A success around `schema`; a `sparse` one leaves `data` out where there is nothing to tell."""
        view: Any = self.view
        envelope = envelope_of(view)
        if envelope is Envelope.BARE:
            return schema
        properties: dict[str, Any] = {"code": {"type": "integer", "const": 0}}
        if envelope is Envelope.WEB:
            properties["message"] = {"type": "string"}
        if schema is not None or envelope is Envelope.WEB:
            properties["data"] = {"type": "null"} if schema is None else schema
        if (other := view.otherwise.get(self.action)) and "data" in properties:
            properties["data"] = {"anyOf": [properties["data"], other]}
        properties |= view.beside.get(self.action, {})
        required = [key for key in properties if not (sparse and key == "data")]
        return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}
