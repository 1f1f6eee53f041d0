"""Registering, logging in and out (contract C.1)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import update_last_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from system import accounts
from system.errors import ArgumentError, Code, Forbidden, RagError, TooMany
from system.models import User
from system.rest.authentication import session_token
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer, Envelope, wire_status
from system.rest.failures import Refused
from system.rest.paths import is_api
from system.rest.views import OpenWebEdge, django_request
from system.rest.viewsets import WebViewSet
from system.web.user_output import UserSerializer

_CREDENTIALS = {"email": serializers.EmailField(), "password": serializers.CharField()}


class Register(OpenWebEdge):
    """Make an account."""

    fails_with = {"post": [HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT]}

    @extend_schema(
        request=inline_serializer("Registration", {"nickname": serializers.CharField(), **_CREDENTIALS}),
        responses=UserSerializer,
    )
    def post(self, request: Request) -> Answer:
        """Make a user with a tenant of their own, and log in."""
        if not settings.RAG_REGISTRATION:
            raise RagError("User registration is disabled!", code=Code.OPERATING, status=HTTPStatus.FORBIDDEN)
        body = web_object(request)
        require(body, "nickname", "email", "password")
        nickname, email, password = (_text(body, key) for key in ("nickname", "email", "password"))
        user = accounts.register(email=email, password=password, nickname=nickname)
        return _welcome(user, f"{user.nickname}, welcome aboard!")


class Login(OpenWebEdge):
    """Open a session of the web API."""

    fails_with = {"post": [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(request=inline_serializer("Credentials", dict(_CREDENTIALS)), responses=UserSerializer)
    def post(self, request: Request) -> Answer:
        """Check e-mail and password; the session opened before, if any, is dead."""
        body = web_object(request)
        if not body:
            raise Refused("Unauthorized!")
        email, password = str(body.get("email") or "").strip(), body.get("password")
        user = _authenticated(django_request(request), email, password if isinstance(password, str) else "")
        accounts.open_session(user)
        update_last_login(User, user)
        return _welcome(user, "Welcome back!")


class Logout(WebViewSet):
    """Close the session of the web API."""

    fails_with = {"close": []}

    @extend_schema(responses=bool)
    def close(self, request: Request) -> Answer:
        """End the session; its token opens nothing any more."""
        accounts.close_session(self.user)
        return Answer(True)


class Channels(OpenWebEdge):
    """Ways to log in with an account of another site."""

    @extend_schema(
        responses=inline_serializer(
            "Channel",
            {
                "channel": serializers.CharField(),
                "display_name": serializers.CharField(),
                "icon": serializers.CharField(),
            },
            many=True,
        )
    )
    def get(self, request: Request) -> Answer:
        """None: people log in here with the password of this site."""
        return Answer([])


def _authenticated(request: HttpRequest, email: str, password: str) -> User:
    """The user with these credentials; every failure is counted by address and e-mail, known or not."""
    if len(email) > accounts.EMAIL_CHARS:
        raise _unknown(email)
    user = authenticate(request, username=email, password=password)
    if isinstance(user, User):
        return user
    if getattr(request, "axes_locked_out", False):
        raise locked_out(request)
    known = User.objects.named(email).first()
    if known is None:
        raise _unknown(email)
    if not known.is_active and known.check_password(password):
        raise Forbidden("This account has been disabled, please contact the administrator!", code=Code.FORBIDDEN)
    raise Refused("Email and password do not match!")


def _unknown(email: str) -> Refused:
    return Refused(f"Email: {email[: accounts.EMAIL_CHARS]} is not registered!")


def attempted_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The name that failed logins are counted under (AXES_USERNAME_CALLABLE): one for all spellings of an address."""
    given = credentials if credentials is not None else request.POST
    return str(given.get("username") or "").strip().casefold()[: accounts.EMAIL_CHARS]


def lockout(request: HttpRequest, response: HttpResponse, credentials: Any) -> HttpResponse:
    """What django-axes answers to a login that is locked out (AXES_LOCKOUT_CALLABLE), API and console alike."""
    error = locked_out(request)
    if is_api(request.path_info):
        body, status = Envelope.WEB.failure(error), wire_status(error.http_status)
        return JsonResponse(body, status=status, headers=error.headers)
    return HttpResponse(error.message, status=error.http_status, headers=error.headers, content_type="text/plain")


def _welcome(user: User, message: str) -> Answer:
    headers = {"Authorization": session_token(user), "Access-Control-Expose-Headers": "Authorization"}
    return Answer(UserSerializer(user).data, message=message, headers=headers)


def _text(body: Any, key: str) -> str:
    if not isinstance(body[key], str):
        raise ArgumentError(f"`{key}` should be a string")
    return str(body[key])


def locked_out(request: HttpRequest) -> TooMany:
    """The error of somebody who has shown too many wrong passwords."""
    wait = get_cool_off(request)
    seconds = int(wait.total_seconds()) if wait else 0
    return TooMany(
        f"Too many wrong passwords: try again in {seconds // 60} minutes.", headers={"Retry-After": str(seconds)}
    )
