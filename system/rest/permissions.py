"""What a caller's token allows."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from system.models import APIToken, Scope


class WithinScope(BasePermission):
    """An API token may do what its scopes name; a session may do what its user may.

    A view whose POST only reads says so with `scope = Scope.READ`.
    """

    message = "This API token does not have the scope that the request needs; issue one that may `write`."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the token reaches far enough."""
        if not isinstance(request.auth, APIToken):
            return True
        by_method = Scope.READ if request.method in SAFE_METHODS else Scope.WRITE
        return request.auth.allows(getattr(view, "scope", None) or by_method)
