"""The views that every endpoint starts from."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from system.errors import ArgumentError, TooLarge
from system.rest.authentication import SessionToken
from system.rest.bodies import storable
from system.rest.envelope import Answer, Envelope

OPEN_BODY_BYTES = 64 << 10  # of a request that needs no login: credentials, never content


class Edge(APIView):
    """A route of the REST API: method, then credentials, then everything else is checked, in that order (A.4)."""

    envelope = Envelope.REST
    fails_with: ClassVar[Mapping[str, Collection[int]]] = {}
    """By action (of a plain view by method) the statuses of failures that its kind of route does not have anyway."""
    beside: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """By action the OpenAPI schemas of keys that its answer has beside `data`."""
    partly: ClassVar[Collection[str]] = ()
    """Actions that may be PartlyDone."""
    otherwise: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """By action the OpenAPI schema of what `data` may be instead of what its serializer says."""
    format_kwarg: str | None = None  # read to negotiate an answer, even where `initial` refuses before it is set

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what no handler should see."""
        if not hasattr(self, (request.method or "").lower()):
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        # NUL bytes come as %00, past every parser; no column can keep or be compared with them.
        texts = [unquote_plus(request.META.get("QUERY_STRING", "")), *map(str, kwargs.values())]
        if not all(map(storable, texts)):
            raise ArgumentError("The address holds a NUL character; take it out.")

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
        """The methods of the route."""
        return Answer({"methods": self.allowed_methods})


class WebEdge(Edge):
    """A route of the web API: variant W, session tokens."""

    envelope = Envelope.WEB
    authentication_classes: Sequence[type[BaseAuthentication]] = [SessionToken]


class OpenWebEdge(WebEdge):
    """A route of the web API that needs no login."""

    authentication_classes: Sequence[type[BaseAuthentication]] = []
    permission_classes: Sequence[type[BasePermission]] = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what nobody has to send who is not known yet, before it is read."""
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > OPEN_BODY_BYTES:
            raise TooLarge(f"The body is larger than the {OPEN_BODY_BYTES >> 10} KiB that this route takes.")


def django_request(request: Request) -> HttpRequest:
    """The request of Django inside one of REST framework."""
    return request._request
