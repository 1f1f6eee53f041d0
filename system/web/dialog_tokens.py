"""API tokens that belong to a dialog or an agent (contract C.10).

This site has neither yet: such a token is one of its tenant's, marked with the id that it was issued for.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from system import accounts, revoking
from system.errors import ArgumentError, RagError
from system.models import APIToken, Tenant
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.failures import no_query_key
from system.rest.refusing import few, no_authorization
from system.rest.viewsets import WebViewSet
from system.web.tokens import IssuedToken, TokenRow

SERIES = ("pv", "uv", "speed", "tokens", "round", "thumb_up")
_ID = re.compile("[0-9a-f]{32}")
# The key that names the holder, and what the token is marked with.
_SOURCES = {"canvas_id": "agent", "dialog_id": "dialog"}


class IssuedDialogToken(IssuedToken):
    """A token of a dialog or agent that was issued just now."""

    class Meta(IssuedToken.Meta):
        fields = [*IssuedToken.Meta.fields, "dialog_id", "source"]


class HolderSerializer(serializers.Serializer[None]):
    """Whose token it is: one of the two."""

    dialog_id = serializers.RegexField(_ID, required=False)
    canvas_id = serializers.RegexField(_ID, required=False, help_text="An agent's id; it wins over `dialog_id`.")


class RevokedTokens(serializers.Serializer[None]):
    """Tokens by value, and whose they are."""

    tokens = serializers.ListField(child=serializers.CharField())
    tenant_id = serializers.CharField()


class SpanSerializer(serializers.Serializer[None]):
    """Days, or moments in UTC such as `2025-03-11 13:37:23`."""

    from_date = serializers.CharField(required=False, help_text="A week before the end, unless it is given.")
    to_date = serializers.CharField(required=False, help_text="Now, unless it is given.")


class DialogTokenViewSet(WebViewSet):
    """Issue, list and revoke the tokens of dialogs; tell how they were used."""

    queryset = Tenant.objects.all()
    serializer_class = TokenRow
    scopes = {"remove": "owned_by"}
    fails_with = {
        "create": [HTTPStatus.NOT_FOUND],
        "list": [HTTPStatus.NOT_FOUND],
        "remove": [HTTPStatus.FORBIDDEN],
        "statistics": [],
    }

    @extend_schema(request=HolderSerializer, responses=IssuedDialogToken)
    def create(self, request: Request) -> Answer:
        """A new token of the caller's own tenant, marked with the dialog or agent, and its value."""
        body = web_object(request)
        key = next((key for key in _SOURCES if key in body), "dialog_id")
        require(body, key)
        dialog_id, tenant = _id(body, key), accounts.own_tenant(self.user)
        with transaction.atomic():
            token, value = APIToken.issue(tenant, created_by=self.user)
            token.dialog_id, token.source = dialog_id, _SOURCES[key]
            token.save(update_fields=["dialog_id", "source"])
        return Answer(IssuedDialogToken(token, context={"value": value}).data)

    @extend_schema(parameters=[HolderSerializer], responses=TokenRow(many=True))
    def list(self, request: Request) -> Answer:
        """The living tokens of a dialog or agent, the newest first."""
        query = request.query_params
        key = next((key for key in _SOURCES if key in query), None)
        if key is None:
            raise no_query_key()
        own = APIToken.objects.active().filter(tenant=accounts.own_tenant(self.user))
        rows = own.filter(dialog_id=_id(query, key), source=_SOURCES[key]).with_betas()
        return Answer(TokenRow(rows, many=True).data)

    @extend_schema(request=RevokedTokens, responses=bool)
    def remove(self, request: Request) -> Answer:
        """Revoke tokens of the caller's own tenant; foreign and unknown ones are passed over."""
        body = web_object(request)
        require(body, "tokens", "tenant_id")
        tenant, tokens = self.reached(str(body["tenant_id"])), body["tokens"]
        if not isinstance(tokens, list) or not all(isinstance(one, str) for one in tokens):
            raise ArgumentError("`tokens` should be a list of strings")
        revoking.revoke(tenant, few(tokens))
        return Answer(True)

    @extend_schema(
        parameters=[SpanSerializer],
        responses=inline_serializer(
            "TokenStatistics",
            {
                name: serializers.ListField(child=serializers.ListField(child=serializers.JSONField()))
                for name in SERIES
            },
        ),
    )
    def statistics(self, request: Request) -> Answer:
        """How conversations went, as pairs of a day and a value: there have been none, so the series are empty."""
        query = request.query_params
        start, end = _moment(query, "from_date"), _moment(query, "to_date")
        if start and start > (end or timezone.now()):
            raise ArgumentError("`from_date` should not be after `to_date`")
        return Answer({name: [] for name in SERIES})

    def missing(self, key: str) -> RagError:
        """One refusal for foreign and unknown tenants."""
        return no_authorization()


def _id(given: Mapping[str, Any], key: str) -> str:
    value = given[key]
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ArgumentError(f"`{key}` should be an id: 32 hexadecimal digits in lower case")
    return value


def _moment(query: Mapping[str, str], key: str) -> datetime | None:
    if not (text := query.get(key)):
        return None
    for pattern in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ArgumentError(f"`{key}` should be a day such as 2025-03-11, or a moment such as 2025-03-11 13:37:23")
