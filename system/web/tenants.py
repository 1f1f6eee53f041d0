"""The caller's own tenant (contract C.1)."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from system import accounts
from system.errors import RagError
from system.models import Role, Tenant
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import no_authorization
from system.rest.validation import StrictSerializer, StrictString, validated
from system.rest.viewsets import WebViewSet

# Columns of a tenant that its owner cannot set: clients send rows back as they got them, so they are passed over.
_KEPT = {
    *("tenant_id", "id", "role", "credit", "status", "public_key"),
    *("create_time", "create_date", "update_time", "update_date"),
}


class TenantSerializer(serializers.ModelSerializer[Tenant]):
    """A tenant as its owner sees it."""

    tenant_id = serializers.CharField(source="pk", read_only=True)
    role = serializers.SerializerMethodField(help_text="Always `owner`.")

    class Meta:
        model = Tenant
        fields = [
            *("tenant_id", "name", "llm_id", "embd_id", "rerank_id", "asr_id", "img2txt_id", "tts_id"),
            *("parser_ids", "role"),
        ]
        read_only_fields = fields

    def get_role(self, tenant: Tenant) -> str:
        """What the caller is in it."""
        return Role.OWNER


class ModelName(StrictString):
    """A model, `name@provider`, or none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **{"max_length": 128, **kwargs})


class TenantRules(StrictSerializer):
    """What owners may set of their tenant."""

    asr_id = ModelName()
    embd_id = ModelName()
    img2txt_id = ModelName()
    llm_id = ModelName()
    rerank_id = ModelName(required=False)
    tts_id = ModelName(max_length=256, allow_null=True, required=False)
    name = StrictString(max_length=100, required=False)
    parser_ids = StrictString(max_length=256, allow_blank=True, required=False)


class TenantInput(TenantRules):
    """The settings, and whose they are."""

    tenant_id = StrictString()


class TenantViewSet(WebViewSet):
    """Show and set up one's own tenant."""

    queryset = Tenant.objects.all()
    scopes = {"update": "owned_by"}
    fails_with = {"retrieve": [HTTPStatus.NOT_FOUND], "update": [HTTPStatus.FORBIDDEN]}

    @extend_schema(responses=TenantSerializer)
    def retrieve(self, request: Request) -> Answer:
        """The tenant that the caller owns, with its default models."""
        return Answer(TenantSerializer(accounts.own_tenant(self.user)).data)

    @extend_schema(request=TenantInput, responses=bool)
    def update(self, request: Request) -> Answer:
        """Set the default models of the caller's own tenant, and its name; models need not be known."""
        body = web_object(request)
        require(body, "tenant_id", "asr_id", "embd_id", "img2txt_id", "llm_id")
        tenant = self.reached(str(body["tenant_id"]))
        given = {key: value for key, value in body.items() if key not in _KEPT}
        accounts.configure(tenant, validated(TenantRules, given))
        return Answer(True)

    def missing(self, key: str) -> RagError:
        """One refusal for foreign and unknown tenants, joined ones too."""
        return no_authorization()
