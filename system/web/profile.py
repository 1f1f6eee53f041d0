"""The caller's own account (contract C.1)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from system import accounts
from system.errors import ArgumentError
from system.models import User
from system.rest.bodies import web_object
from system.rest.envelope import Answer
from system.rest.failures import Refused, Unhandled
from system.rest.validation import StrictSerializer, StrictString, validated
from system.rest.views import django_request
from system.rest.viewsets import WebViewSet
from system.web.user_output import UserSerializer
from system.web.users import locked_out

AVATAR_CHARS = 65_535
_PASSWORDS = {"password", "new_password"}
# Columns of a user that are not theirs to set: clients send rows back as they got them, so they are passed over.
_KEPT = {
    *("id", "access_token", "email", "status", "is_superuser", "login_channel", "is_anonymous", "is_active"),
    *("is_authenticated", "last_login_time", "create_time", "create_date", "update_time", "update_date"),
}


class SettingRules(StrictSerializer):
    """What users may change of their row; what is absent stays."""

    nickname = StrictString(max_length=accounts.NICKNAME_CHARS, allow_blank=True, required=False)
    avatar = StrictString(
        max_length=AVATAR_CHARS, allow_blank=True, allow_null=True, trim_whitespace=False, required=False
    )
    language = StrictString(max_length=32, required=False)
    color_schema = StrictString(max_length=32, required=False)
    timezone = StrictString(max_length=64, required=False)


class SettingInput(SettingRules):
    """The settings, and a new password, which needs the old one."""

    password = StrictString(help_text="The password as it is.", required=False)
    new_password = StrictString(max_length=accounts.PASSWORD_CHARS, required=False)


class ProfileViewSet(WebViewSet):
    """Show and change one's own account."""

    fails_with = {"retrieve": [], "update": [HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(responses=UserSerializer)
    def retrieve(self, request: Request) -> Answer:
        """The caller's row, without the hash of their password."""
        return Answer(UserSerializer(self.user).data)

    @extend_schema(request=SettingInput, responses=bool)
    def update(self, request: Request) -> Answer:
        """Change what is sent; columns that are not the user's to set are passed over.

        The session lives on when the password changes.
        """
        body = web_object(request)
        new_password = self._new_password(request, body)
        given = {key: value for key, value in body.items() if key not in _KEPT | _PASSWORDS}
        if not given.keys() <= SettingRules().fields.keys():
            raise Unhandled("Update failure!")
        columns = validated(SettingRules, given)
        accounts.change(self.user, columns, new_password=new_password)
        return Answer(True)

    def _new_password(self, request: Request, body: Mapping[str, Any]) -> str | None:
        """The new password, None where there is none; empty ones count as absent."""
        old, new = (body.get(key) for key in ("password", "new_password"))
        if old or new:
            _check_password(request, self.user, old)
        if new and not isinstance(new, str):
            raise ArgumentError("`new_password` should be a string")
        return new or None


def _check_password(request: Request, user: User, password: Any) -> None:
    """Raise Refused unless it is the user's: failures are counted like those of logins, but do not bar from those."""
    django, credentials = django_request(request), {"username": f"password of {user.pk}"}
    if not AxesProxyHandler.is_allowed(django, credentials):
        raise locked_out(django)
    if not isinstance(password, str) or not user.check_password(password):
        AxesProxyHandler.user_login_failed(__name__, credentials, django)
        raise Refused("Password error!")
