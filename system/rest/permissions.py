"""What a caller's token allows."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from system.models import APIToken, Scope


class WithinScope(BasePermission):
    """An API token may do what its scopes name; a session may do what its user may.

    A view whose requests need another scope than their methods say tells it in `scope`: a POST that only reads, a
    deletion that needs more than writing.
    """

    message = "This API token does not have the scope that the request needs; issue one that may `{}`."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the token reaches far enough."""
        if not isinstance(request.auth, APIToken):
            return True
        by_method = Scope.READ if request.method in SAFE_METHODS else Scope.WRITE
        needed = getattr(view, "scope", None) or by_method
        self.message = type(self).message.format(needed)
        return request.auth.allows(needed)
