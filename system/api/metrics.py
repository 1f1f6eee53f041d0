"""GET /metrics: what the site has counted, for Prometheus."""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request

from system import exposition
from system.rest.permissions import WithinScope
from system.rest.views import Edge


class OfOperator(BasePermission):
    """A superuser, whose token is not limited to some datasets: the counts are of all tenants."""

    message = "Only superusers may read the metrics of the site."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller may know of everything."""
        user: Any = request.user
        return bool(user.is_superuser) and user.only_datasets is None


class Metrics(Edge):
    """Searches and requests, counted and measured since the site was started."""

    permission_classes: Sequence[type[BasePermission]] = [IsAuthenticated, WithinScope, OfOperator]
    fails_with: ClassVar[Mapping[str, Collection[int]]] = {"get": [HTTPStatus.FORBIDDEN]}

    @extend_schema(responses={(200, "text/plain"): str})
    def get(self, request: Request) -> HttpResponse:
        """The counts in the text format of Prometheus, without an envelope; for superusers alone."""
        return HttpResponse(exposition.text(), content_type=exposition.CONTENT_TYPE)
