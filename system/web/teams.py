"""Who is in which tenant (contract C.2)."""

from http import HTTPStatus

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from system import teams
from system.errors import ArgumentError, RagError
from system.models import Membership, Role, Tenant
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import no_authorization
from system.rest.viewsets import WebViewSet
from system.web.user_output import GuestSerializer, MemberSerializer, TeamSerializer


class TeamViewSet(WebViewSet):
    """The tenants that the caller is in, their own among them, and those that invite them."""

    queryset = Membership.objects.all()
    serializer_class = TeamSerializer
    scopes = {"list": "held_by", "agree": "held_by"}
    fails_with = {"list": [], "agree": [HTTPStatus.FORBIDDEN]}
    lookup_field = "tenant"

    @extend_schema(responses=TeamSerializer(many=True))
    def list(self, request: Request) -> Answer:
        """All of them, the oldest membership first; `role` tells an invitation."""
        rows = self.get_queryset().select_related("tenant__owner")
        return Answer(TeamSerializer(rows, many=True).data)

    @extend_schema(request=None, responses=bool)
    def agree(self, request: Request, tenant_id: str) -> Answer:
        """Accept an invitation; accepting it twice is no harm."""
        teams.accept(self.reached(tenant_id))
        return Answer(True)

    def missing(self, key: str) -> RagError:
        """One refusal for unknown tenants and those that do not invite."""
        return no_authorization()


class MemberViewSet(WebViewSet):
    """The people in the caller's own tenant."""

    queryset = Tenant.objects.all()
    serializer_class = MemberSerializer
    scopes = {"list": "owned_by", "invite": "owned_by", "remove": "owned_by"}
    fails_with = {
        "list": [HTTPStatus.FORBIDDEN],
        "invite": [HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT],
        "remove": [HTTPStatus.FORBIDDEN],
    }

    @extend_schema(responses=MemberSerializer(many=True))
    def list(self, request: Request, tenant_id: str) -> Answer:
        """Everybody who is in or invited, but the owner; the oldest membership first."""
        rows = self.reached(tenant_id).memberships.exclude(role=Role.OWNER).select_related("user")
        return Answer(MemberSerializer(rows, many=True).data)

    @extend_schema(
        request=inline_serializer("Invitation", {"email": serializers.CharField()}), responses=GuestSerializer
    )
    def invite(self, request: Request, tenant_id: str) -> Answer:
        """Invite somebody who has an account; they get no rights before they agree."""
        tenant = self.reached(tenant_id)
        body = web_object(request)
        require(body, "email")
        if not isinstance(body["email"], str):
            raise ArgumentError("`email` should be a string")
        guest = teams.invite(tenant, body["email"], invited_by=self.user)
        return Answer(GuestSerializer(guest).data)

    @extend_schema(request=None, responses=bool)
    def remove(self, request: Request, tenant_id: str, user_id: str) -> Answer:
        """Take somebody out of one's own tenant, or leave another's; nobody to take out is no harm."""
        if user_id != self.user.pk:
            self.reached(tenant_id)
        teams.remove(tenant_id, user_id)
        return Answer(True)

    def missing(self, key: str) -> RagError:
        """One refusal for every tenant that is not the caller's own."""
        return no_authorization()
