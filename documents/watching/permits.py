"""By what right somebody watches, asked again while they do: a token may be revoked, a member may leave."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.module_loading import import_string

from knowledgebases.models import Knowledgebase
from system.models import APIToken, Scope, User


@dataclass(frozen=True, slots=True)
class CallerPermit:
    """The right of a caller of an API: to the datasets that they may read, as long as they would be let in again."""

    user_id: str
    key: str = field(repr=False)  # may be a secret
    again: Callable[[], User | None] = field(repr=False)

    def reachable(self, datasets: Collection[str]) -> Collection[str]:
        """Those they may read now."""
        user = self.again()
        if user is None:
            return []
        return Knowledgebase.objects.visible_to(user).filter(pk__in=datasets).values_list("pk", flat=True)


@dataclass(frozen=True, slots=True)
class ConsolePermit:
    """The right of somebody at the console: to all datasets, by the permission that opens the page."""

    user_id: str
    key: str = field(repr=False)
    permission: str

    def reachable(self, datasets: Collection[str]) -> Collection[str]:
        """All or none."""
        user = logged_in(self.key)
        allowed = user is not None and user.is_staff and user.has_perm(self.permission)
        return datasets if allowed else []


def owner_of_token(value: str) -> User | None:
    """Who calls with a token of this value, if it still opens the door to read."""
    token = APIToken.objects.matching(value).select_related("tenant__owner").first()
    if token is None or not token.allows(Scope.READ):
        return None
    owner = token.tenant.owner
    owner.only_datasets = token.datasets  # type: ignore[misc]  # of this instance alone
    return owner


def logged_in(session_key: str) -> User | None:
    """The active user of a session of the console that has not ended."""
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None
