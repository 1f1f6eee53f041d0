"""Viewsets that see only what their caller may see."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from system.errors import DataError, NotFound, RagError
from system.models import APIToken, Tenant, User
from system.rest.bodies import require, web_object
from system.rest.refusing import few
from system.rest.views import Edge, WebEdge


class ScopedViewSet(Edge, GenericViewSet[Any]):
    """A viewset over the rows in its caller's reach.

    `scopes` maps an action to the queryset method that narrows its rows; every other action gets `visible_to`. A row
    out of reach does not exist: `missing` words the one answer for foreign and unknown ids.
    """

    scopes: ClassVar[dict[str, str]] = {}

    @property
    def user(self) -> User:
        """The caller: a session's user, or the owner of the token's tenant."""
        return cast(User, self.request.user)

    @property
    def tenant(self) -> Tenant:
        """The tenant that the caller acts for: the token's, or the user's own."""
        if isinstance(self.request.auth, APIToken):
            return self.request.auth.tenant
        tenant = Tenant.objects.filter(owner=self.request.user.pk).first()
        if tenant is None:
            raise DataError("Tenant not found.")
        return tenant

    def get_queryset(self) -> QuerySet[Any]:
        """The rows that this action may reach."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        narrow = getattr(rows, self.scopes.get(self.action or "", "visible_to"))
        narrowed: QuerySet[Any] = narrow(self.request.user)
        return narrowed

    def get_object(self) -> Any:
        """The row that the path names."""
        return self.reached(str(self.kwargs[self.lookup_url_kwarg or self.lookup_field]))

    def reached(self, key: str) -> Any:
        """The row with this key, wherever the request names it."""
        row: Model | None = self.filter_queryset(self.get_queryset()).filter(**{self.lookup_field: key}).first()
        if row is None:
            raise self.missing(key)
        return row

    def all_reached(self, keys: Sequence[str]) -> list[Any]:
        """The rows with these keys, in that order; one key out of reach, or none at all, is missing as ever."""
        rows = self.filter_queryset(self.get_queryset()).in_bulk(few([*dict.fromkeys(keys)]))
        if not keys or len(rows) < len(set(keys)):
            raise self.missing(next((key for key in keys if key not in rows), ""))
        return [rows[key] for key in dict.fromkeys(keys)]

    def missing(self, key: str) -> RagError:
        """The error for a row that is not in reach."""
        return NotFound(f"There is no {self.get_queryset().model._meta.verbose_name} {key}.")


class WebViewSet(WebEdge, ScopedViewSet):
    """A viewset of the web API: the same rows under the same rules, for sessions, in variant W."""

    def checked(self, rules: type[Serializer[Any]], *required: str) -> dict[str, Any]:
        """What `rules` make of the body, which has the `required` keys."""
        body = web_object(self.request)
        require(body, *required)
        given = rules(data=body)
        given.is_valid(raise_exception=True)
        value: dict[str, Any] = given.validated_data
        return value
