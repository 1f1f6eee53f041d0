"""Addresses that open without credentials for a short while: `<img>` and plain links send no headers (contract A.0.3).

Where an address is handed out to somebody who may see what it leads to, and where it leads:

    url = signed(reverse("document-image", args=[bucket, name]), user)

    authentication_classes = [SignedAddress, SessionToken]

The signature covers path and user, so it opens nothing else. To the route it is that user who calls: their right is
checked at each use, as with any other credentials, and an address outlives neither LIFETIME seconds nor the web session
it was made in (logout, another login, a new password), nor a user who was disabled. It reads: GET and HEAD alone.
"""

from urllib.parse import unquote, urlencode

from django.core.signing import BadSignature, TimestampSigner
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from system.models import User

LIFETIME = 600  # seconds
PARAMETER = "signature"


def signed(path: str, user: User) -> str:
    """The address of `path` (as `reverse` makes it, no query) that opens it in the name of `user` for LIFETIME."""
    return f"{path}?{urlencode({PARAMETER: _signer(unquote(path), user).sign(user.pk)})}"


class SignedAddress(BaseAuthentication):
    """`?signature=…` of an address made by `signed`; the caller is the user it was made for.

    An address without one, or whose time is over, leaves the question to the authentication classes that follow.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The caller; None where the address does not tell."""
        value = request.query_params.get(PARAMETER, "")
        key = value.split(":", 1)[0]
        if request.method not in SAFE_METHODS or len(key) != 32 or not key.isalnum():
            return None
        user = User.objects.filter(pk=key, is_active=True).first()
        if user is None:
            return None
        try:
            _signer(request._request.path, user).unsign(value, max_age=LIFETIME)
        except BadSignature:
            return None
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


def _signer(path: str, user: User) -> TimestampSigner:
    return TimestampSigner(salt=f"ragsite.address {user.access_token} {path}")
