"""Users as the web API shows them (contract C.1, C.2): never with the password hash."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from system.models import Membership, User
from system.rest.times import HttpDate, Milliseconds


@extend_schema_field({"type": "string", "enum": ["0", "1"]})
class Digit(serializers.Field[bool, Any, str, Any]):
    """A yes or no as the text `1` or `0`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: bool) -> str:
        """The text."""
        return "1" if value else "0"


@extend_schema_field(OpenApiTypes.DOUBLE)
class SecondsSince(serializers.Field[datetime, Any, float, Any]):
    """How long ago a time is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> float:
        """The seconds."""
        return (timezone.now() - value).total_seconds()


class UserSerializer(serializers.ModelSerializer[User]):
    """The caller's own row."""

    last_login_time = HttpDate(source="last_login", allow_null=True)
    is_authenticated = Digit()
    is_active = Digit()
    is_anonymous = Digit()
    status = serializers.SerializerMethodField(help_text="`1`: accounts are disabled, never deleted.")
    create_time = Milliseconds(source="created_at")
    create_date = HttpDate(source="created_at")
    update_time = Milliseconds(source="updated_at")
    update_date = HttpDate(source="updated_at")

    class Meta:
        model = User
        fields = [
            *("id", "access_token", "nickname", "email", "avatar", "language", "color_schema", "timezone"),
            *("last_login_time", "is_authenticated", "is_active", "is_anonymous", "login_channel", "status"),
            *("is_superuser", "create_time", "create_date", "update_time", "update_date"),
        ]
        read_only_fields = fields

    def get_status(self, user: User) -> str:
        """Always `1` for a row that is there."""
        return "1"


class GuestSerializer(serializers.ModelSerializer[User]):
    """Who has been invited."""

    class Meta:
        model = User
        fields = ["id", "avatar", "email", "nickname"]
        read_only_fields = fields


class TeamSerializer(serializers.ModelSerializer[Membership]):
    """A tenant that the caller is in or invited to, with the data of its owner (rows with `tenant__owner`)."""

    nickname = serializers.CharField(source="tenant.owner.nickname", read_only=True)
    email = serializers.CharField(source="tenant.owner.email", read_only=True)
    avatar = serializers.CharField(source="tenant.owner.avatar", read_only=True, allow_null=True)
    update_date = HttpDate(source="tenant.owner.updated_at")
    delta_seconds = SecondsSince(source="tenant.owner.updated_at")

    class Meta:
        model = Membership
        fields = ["tenant_id", "role", "nickname", "email", "avatar", "update_date", "delta_seconds"]
        read_only_fields = fields


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """Somebody in a tenant, or invited to it (rows with `user`); `id` is that of the membership."""

    status = serializers.SerializerMethodField(help_text="`1`: who leaves has no row.")
    nickname = serializers.CharField(source="user.nickname", read_only=True)
    email = serializers.CharField(source="user.email", read_only=True)
    avatar = serializers.CharField(source="user.avatar", read_only=True, allow_null=True)
    is_authenticated = Digit(source="user.is_authenticated")
    is_active = Digit(source="user.is_active")
    is_anonymous = Digit(source="user.is_anonymous")
    is_superuser = serializers.BooleanField(source="user.is_superuser", read_only=True)
    update_date = HttpDate(source="user.updated_at")
    delta_seconds = SecondsSince(source="user.updated_at")

    class Meta:
        model = Membership
        fields = [
            *("id", "user_id", "status", "role", "nickname", "email", "avatar", "is_authenticated", "is_active"),
            *("is_anonymous", "update_date", "is_superuser", "delta_seconds"),
        ]
        read_only_fields = fields

    def get_status(self, membership: Membership) -> str:
        """Always `1` for a row that is there."""
        return "1"
