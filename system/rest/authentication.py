"""Who calls: API tokens, sessions of the console, session tokens of the web API (contract A.5)."""

import copy
import re
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from system.errors import Code
from system.models import APIToken, User
from system.rest.failures import BAD_HEADER, BAD_TOKEN, Refused, no_session

_BEARER = re.compile(r"^bearer\s+", re.IGNORECASE)
_SIGNER = Signer(salt="ragsite.web.session")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API token>` (any first word will do); the caller is the owner of the token's tenant."""

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        """The caller and the token; None without a header, so that a session of the console may speak."""
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        words = header.split()
        if len(words) < 2:
            raise Refused(BAD_HEADER, code=Code.SUCCESS, data=False)
        token = APIToken.objects.matching(words[1]).select_related("tenant__owner").first()
        if token is None:
            raise Refused(BAD_TOKEN, data=False)
        token.touch(request.META.get("REMOTE_ADDR"))
        owner: Any = token.tenant.owner
        owner.only_datasets = token.datasets
        return owner, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


class ConsoleSession(SessionAuthentication):
    """The session cookie of the console, for the browsable API; every unsafe request needs the X-CSRFToken header."""

    def enforce_csrf(self, request: Any) -> None:
        """Check the header alone: looking for a form field would read the body before its rules are known."""
        bare = copy.copy(request._request)
        bare._post, bare._files = QueryDict(), MultiValueDict()
        super().enforce_csrf(bare)


class SessionToken(BaseAuthentication):
    """`Authorization: <session token>` of the web API; `Bearer <session token>` is understood too."""

    def authenticate(self, request: Request) -> tuple[User, None]:
        """The caller; raises the 401 of the web API where there is none."""
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        user = session_user(_BEARER.sub("", header.strip()))
        if user is None:
            raise no_session()
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


def session_token(user: User) -> str:
    """The value that opens the web API for `user` until the next login or logout."""
    return _SIGNER.sign(user.access_token)


def session_user(token: str) -> User | None:
    """The active user whose live session `token` names."""
    try:
        access_token = _SIGNER.unsign(token)
    except BadSignature:
        return None
    return User.objects.filter(access_token=access_token, is_active=True).first()
