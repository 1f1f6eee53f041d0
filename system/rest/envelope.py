"""The envelopes around answers (contract A.1), and the one place that decides their HTTP status."""

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed, NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request, override_method
from rest_framework.response import Response

from system.errors import Code, PartlyDone, RagError
from system.rest.failures import Refused, Unhandled, as_error

# Statuses that the reference has no answer for: they stay what they are in either mode.
_KEPT = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class Envelope(Enum):
    """Which keys surround the data: variant R (`/api/v1`), W (`/v1`), or none (BARE, contract B.7)."""

    REST = "R"
    WEB = "W"
    BARE = "bare"

    def success(self, data: Any, *, message: str, beside: Mapping[str, Any]) -> Any:
        """The body of a success; in variant R nothing to return means no `data` key."""
        if self is Envelope.BARE:
            return data
        if self is Envelope.WEB:
            return {"code": Code.SUCCESS, "message": message, "data": data, **beside}
        return {"code": Code.SUCCESS, **({} if data is None else {"data": data}), **beside}

    def failure(self, error: RagError) -> dict[str, Any]:
        """The body of a failure; refused credentials, variant E and PartlyDone carry `data` on every route."""
        if self.coded_by_status(error):
            return {"code": int(error.http_status), "message": error.message}
        body: dict[str, Any] = {"code": error.error_code, "message": error.message}
        if self is Envelope.WEB or isinstance(error, Refused | Unhandled | PartlyDone):
            body["data"] = error.data
        return body

    def coded_by_status(self, error: RagError) -> bool:
        """Whether `code` is the HTTP status, in either manner of RAG_HTTP_STATUS: in a bare answer (contract B.7).

        Wrong arguments and variant E keep their own there too; a bug counts as the status 500 that it is.
        """
        own = error.error_code in {Code.ARGUMENT, Code.EXCEPTION} and error.http_status < HTTPStatus(500)
        return self is Envelope.BARE and not own


class Answer(Response):
    """A success that carries more than data: a `message` (variant W), or keys `beside` the data."""

    def __init__(
        self,
        data: Any = None,
        *,
        message: str = "success",
        beside: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, headers=headers)
        self.message = message
        self.beside = beside or {}


class EnvelopeRenderer(JSONRenderer):
    """JSON, with successes put into the envelope of their view; failures come in it from `exception_handler`."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The bytes of the answer."""
        context = renderer_context or {}
        response = context.get("response")
        if response is not None and not response.exception:
            data = envelope_of(context.get("view")).success(
                data, message=getattr(response, "message", "success"), beside=getattr(response, "beside", {})
            )
        return super().render(data, accepted_media_type, context)


class JSONForm(forms.Form):
    """A body to type in; the names of its fields are those that REST framework's page and script know."""

    _content_type = forms.ChoiceField(
        label="Media type",
        choices=[("application/json", "application/json")],
        widget=forms.Select(attrs={"data-override": "content-type"}),
    )
    _content = forms.CharField(
        label="Content", initial="{}", required=False, widget=forms.Textarea(attrs={"data-override": "content"})
    )


class BrowsableRenderer(BrowsableAPIRenderer):
    """The browsable API for people who are logged in to the console; bodies are typed in as JSON."""

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the page shows; it names its reader, also where a request was refused before they were looked up."""
        with suppress(AuthenticationFailed):  # who is refused counts as anonymous from now on
            _ = renderer_context["request"].user
        context: dict[str, Any] = super().get_context(data, accepted_media_type, renderer_context)
        return context

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        """No HTML forms, but the buttons of DELETE and OPTIONS."""
        return super().get_rendered_html_form(data, view, method, request) if method in {"DELETE", "OPTIONS"} else None

    def get_filter_form(self, data: Any, view: Any, request: Request) -> None:
        """No filters: lists are narrowed by query parameters. REST framework's own would ask for rows of no action."""

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Request) -> JSONForm | None:
        """The editor of a body, from an empty object on.

        REST framework's own starts from the view's one serializer; ours differ by action, and describe answers.
        """
        with override_method(view, request, method) as tried:
            return JSONForm() if self.show_form_for_method(view, method, tried, None) else None


class JSONUnlessAsked(DefaultContentNegotiation):
    """Answers JSON to every `Accept` header that asks for something we do not have, as the reference does."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The renderer, and the media type it is to answer with."""
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
            return chosen
        except NotAcceptable:
            return renderers[0], renderers[0].media_type


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to an exception that a view raised."""
    return failure(as_error(error), envelope_of(context.get("view")))


def failure(error: RagError, envelope: Envelope) -> Response:
    """The answer that tells of `error`."""
    status = error.http_status if envelope.coded_by_status(error) else wire_status(error.http_status)
    answer = Response(envelope.failure(error), status=status, headers=error.headers)
    answer.exception = True
    return answer


def envelope_of(view: Any) -> Envelope:
    """The envelope that a view declares; variant R where it declares none."""
    envelope: Envelope = getattr(view, "envelope", Envelope.REST)
    return envelope


def wire_status(truthful: HTTPStatus) -> int:
    """The status that goes over the wire: `truthful`, or 200 where RAG_HTTP_STATUS asks for the reference's manner."""
    if settings.RAG_HTTP_STATUS == "reference" and truthful not in _KEPT:
        return HTTPStatus.OK
    return truthful
