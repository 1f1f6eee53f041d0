"""API tokens of the caller's own tenant (contract C.3)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from system.errors import DataError
from system.models import APIToken, Tenant
from system.models.token import digest
from system.rest.envelope import Answer
from system.rest.times import http, milliseconds, plain
from system.rest.views import WebEdge


class NewToken(WebEdge):
    """Issue a token."""

    @extend_schema(request=None, responses=dict[str, Any])
    def post(self, request: Request) -> Answer:
        """A new token with every scope, and its value."""
        tenant = _own_tenant(request)
        token, value = APIToken.issue(tenant, created_by=tenant.owner)
        row = _row(token) | {
            "token": value,
            "create_date": plain(token.created_at),
            "update_time": None,
            "update_date": None,
        }
        return Answer({key: row[key] for key in row if key not in {"dialog_id", "source"}})


class Tokens(WebEdge):
    """The tokens that work."""

    @extend_schema(responses=list[dict[str, Any]])
    def get(self, request: Request) -> Answer:
        """All tokens of the tenant; where values are not kept, what may be shown of them."""
        tokens = APIToken.objects.active().filter(tenant=_own_tenant(request))
        return Answer([_row(token) for token in tokens])


class Token(WebEdge):
    """One token."""

    @extend_schema(responses=bool)
    def delete(self, request: Request, token: str) -> Answer:
        """Revoke the token with that value or id; none is no harm."""
        own = APIToken.objects.filter(tenant=_own_tenant(request))
        for row in own.filter(digest=digest(token)) | own.filter(pk=token):
            row.revoke()
        return Answer(True)


def _own_tenant(request: Request) -> Tenant:
    tenant = Tenant.objects.select_related("owner").filter(owner=request.user.pk).first()
    if tenant is None:
        raise DataError("Tenant not found!")
    return tenant


def _row(token: APIToken) -> dict[str, Any]:
    return {
        "tenant_id": token.tenant_id,
        "token": token.value or token.hint,
        "dialog_id": token.dialog_id,
        "source": token.source,
        "beta": token.beta,
        "create_time": milliseconds(token.created_at),
        "create_date": http(token.created_at),
        "update_time": milliseconds(token.updated_at),
        "update_date": http(token.updated_at),
    }
