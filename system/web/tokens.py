"""API tokens of the caller's own tenant (contract C.3)."""

from http import HTTPStatus
from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from system import accounts, revoking
from system.models import APIToken, User
from system.rest.envelope import Answer
from system.rest.times import HttpDate, Milliseconds, plain
from system.rest.views import WebEdge


class TokenFields(serializers.ModelSerializer[APIToken]):
    """What every answer tells of a token."""

    tenant_id = serializers.CharField(read_only=True)
    token = serializers.SerializerMethodField()
    beta = serializers.CharField(read_only=True, allow_null=True, help_text="The share token, for embedded widgets.")
    create_time = Milliseconds(source="created_at")

    def get_token(self, token: APIToken) -> str:
        """Its value, or what may be shown of it where values are not readable."""
        return token.value or token.hint


class TokenRow(TokenFields):
    """A token as the list shows it."""

    create_date = HttpDate(source="created_at")
    update_time = Milliseconds(source="updated_at")
    update_date = HttpDate(source="updated_at")

    class Meta:
        model = APIToken
        fields = [
            *("tenant_id", "token", "dialog_id", "source", "beta"),
            *("create_time", "create_date", "update_time", "update_date"),
        ]


class IssuedToken(TokenFields):
    """A token that was issued just now, with its value."""

    create_date = serializers.SerializerMethodField(help_text="Such as `2025-03-11 13:37:23`, in UTC.")
    update_time = serializers.SerializerMethodField(help_text="`null`: it was never changed.")
    update_date = serializers.SerializerMethodField(help_text="`null`: it was never changed.")

    class Meta:
        model = APIToken
        fields = ["tenant_id", "token", "beta", "create_time", "create_date", "update_time", "update_date"]

    def get_token(self, token: APIToken) -> str:
        """Its value."""
        return str(self.context["value"])

    def get_create_date(self, token: APIToken) -> str:
        """The time."""
        return plain(token.created_at)

    def get_update_time(self, token: APIToken) -> int | None:
        """None."""
        return None

    def get_update_date(self, token: APIToken) -> str | None:
        """None."""
        return None


class NewToken(WebEdge):
    """Issue a token."""

    fails_with = {"post": [HTTPStatus.NOT_FOUND]}  # a caller without a tenant of their own

    @extend_schema(request=None, responses=IssuedToken)
    def post(self, request: Request) -> Answer:
        """A new token with every scope, and its value."""
        tenant = accounts.own_tenant(_caller(request))
        token, value = APIToken.issue(tenant, created_by=tenant.owner)
        return Answer(IssuedToken(token, context={"value": value}).data)


class Tokens(WebEdge):
    """The tokens that work."""

    fails_with = {"get": [HTTPStatus.NOT_FOUND]}  # a caller without a tenant of their own

    @extend_schema(responses=TokenRow(many=True))
    def get(self, request: Request) -> Answer:
        """All tokens of the tenant, the newest first."""
        tokens = APIToken.objects.active().filter(tenant=accounts.own_tenant(_caller(request))).with_betas()
        return Answer(TokenRow(tokens, many=True).data)


class Token(WebEdge):
    """One token."""

    fails_with = {"delete": [HTTPStatus.NOT_FOUND]}  # a caller without a tenant of their own

    @extend_schema(responses=bool)
    def delete(self, request: Request, token: str) -> Answer:
        """Revoke the token that a value, an id or a hint names; none is no harm.

        A value that was rotated away ends alone.
        """
        revoking.revoke(accounts.own_tenant(_caller(request)), [token])
        return Answer(True)


def _caller(request: Request) -> User:
    return cast(User, request.user)
