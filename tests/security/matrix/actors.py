"""Who calls: each actor changes the world, brings credentials, and is to be answered in one of few ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from django.utils import timezone

from system.models import APIToken, Membership, Role, Scope, User
from tests.factories import APITokenFactory
from tests.security.matrix.world import ME, PERSON, TEAM, THIRD, World


class Fate(Enum):
    """How an actor is answered: which column of a row tells what they get."""

    OWNER = "owner"  # a success: the proof that the other cells mean something
    REFUSED = "refused"  # 401, whatever they ask for
    FOREIGN = "foreign"
    MIXED = "mixed"
    MATE = "mate"
    LIMITED = "limited"
    READER = "reader"  # may do what changes nothing


@dataclass(frozen=True, slots=True)
class Actor:
    """`credentials` gives the request's headers, after having made the world so that this is who they are.

    `target` names whose ids are sent; `shown` is what may be seen of Anna's tenant.
    """

    fate: Fate
    credentials: Callable[[World], Mapping[str, Any]]
    target: str = "team"
    shown: frozenset[str] = frozenset()


def _bearer(value: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {value}"}


def _raw(value: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": value}


def _after(change: Callable[[World], Any], credentials: Callable[[World], Any]) -> Callable[[World], Any]:
    def changed(world: World) -> Any:
        change(world)
        return credentials(world)

    return changed


def _token(**changes: Any) -> Callable[[World], Any]:
    return lambda world: _bearer(APITokenFactory(tenant=world.anna.tenant, **changes).value or "")


def _disable(world: World) -> None:
    User.objects.filter(pk=world.anna.pk).update(is_active=False)


def _uninvite(world: World) -> None:
    Membership.objects.filter(user=world.mate, tenant=world.anna.tenant).delete()


def _invite_only(world: World) -> None:
    Membership.objects.filter(user=world.mate, tenant=world.anna.tenant).update(role=Role.INVITE)


def _log_out(world: World) -> None:
    user = User.objects.get(pk=world.anna.pk)
    user.end_session()
    user.save(update_fields=["access_token"])


def _rotate(world: World) -> None:
    APIToken.objects.get(pk=world.token.pk).rotate(overlap=timedelta())


def _expire(world: World) -> None:
    APIToken.objects.filter(pk=world.token.pk).update(expires_at=timezone.now())


def _revoke(world: World) -> None:
    APIToken.objects.filter(pk=world.token.pk).update(revoked_at=timezone.now())


def _annas_token(world: World) -> Any:
    return _bearer(world.token.value or "")


def _berts_token(world: World) -> Any:
    return _bearer(world.berts_token.value or "")


def _mates_token(world: World) -> Any:
    return _bearer(world.mates_token.value or "")


def _session(who: str, *, first: Callable[[World], Any] | None = None) -> Callable[[World], Any]:
    def credentials(world: World) -> Any:
        header = world.session_of(getattr(world, who))
        if first:
            first(world)
        return _raw(header)

    return credentials


def _cookie(who: str) -> Callable[[World], Any]:
    return lambda world: {"cookie_of": getattr(world, who)}


_MATES = frozenset({TEAM, PERSON})
_ALL = frozenset({ME, TEAM, THIRD, PERSON})

REST = {
    "owner": Actor(Fate.OWNER, _annas_token, shown=_ALL),
    "anonymous": Actor(Fate.REFUSED, lambda world: {}),
    "malformed header": Actor(Fate.REFUSED, lambda world: _raw(world.token.value or "")),
    "random token": Actor(Fate.REFUSED, lambda world: _bearer("ragflow-" + "x" * 43)),
    "revoked token": Actor(Fate.REFUSED, _after(_revoke, _annas_token)),
    "expired token": Actor(Fate.REFUSED, _after(_expire, _annas_token)),
    "rotated token": Actor(Fate.REFUSED, _after(_rotate, _annas_token)),
    "share token": Actor(Fate.REFUSED, lambda world: _bearer(world.token.beta or "")),
    "session token": Actor(Fate.REFUSED, lambda world: _bearer(world.session_of(world.anna))),
    "disabled owner": Actor(Fate.REFUSED, _after(_disable, _annas_token)),
    "other tenant": Actor(Fate.FOREIGN, _berts_token),
    "other tenant, me": Actor(Fate.FOREIGN, _berts_token, target="me"),
    "other tenant, foreign ids among own": Actor(Fate.MIXED, _berts_token),
    "session of another": Actor(Fate.FOREIGN, _cookie("bert")),
    "member, team": Actor(Fate.MATE, _mates_token, shown=_MATES),
    "member, me": Actor(Fate.FOREIGN, _mates_token, target="me", shown=_MATES),
    "invited": Actor(Fate.FOREIGN, _after(_invite_only, _mates_token)),
    "ex-member": Actor(Fate.FOREIGN, _after(_uninvite, _mates_token)),
    "read scope": Actor(Fate.READER, _token(scopes=[Scope.READ]), shown=_ALL),
    "limited to another dataset": Actor(
        Fate.LIMITED, lambda world: _token(datasets=[world.third.kb])(world), shown=frozenset({PERSON, THIRD})
    ),
}

WEB = {
    "owner": Actor(Fate.OWNER, _session("anna"), shown=_ALL),
    "anonymous": Actor(Fate.REFUSED, lambda world: {}),
    "malformed header": Actor(Fate.REFUSED, lambda world: _raw("Bearer")),
    "random token": Actor(Fate.REFUSED, lambda world: _raw("x" * 32 + ":" + "y" * 43)),
    "unsigned session": Actor(Fate.REFUSED, lambda world: _raw(world.anna.access_token)),
    "session with another signature": Actor(
        Fate.REFUSED, lambda world: _raw(f"{world.anna.access_token}:{world.session_of(world.bert).split(':')[1]}")
    ),
    "logged out": Actor(Fate.REFUSED, _session("anna", first=_log_out)),
    "API token": Actor(Fate.REFUSED, _annas_token),
    "read-scope API token": Actor(Fate.REFUSED, _token(scopes=[Scope.READ])),
    "limited API token": Actor(Fate.REFUSED, lambda world: _token(datasets=[world.third.kb])(world)),
    "cookie": Actor(Fate.REFUSED, _cookie("anna")),
    "disabled owner": Actor(Fate.REFUSED, _session("anna", first=_disable)),
    "other tenant": Actor(Fate.FOREIGN, _session("bert")),
    "other tenant, me": Actor(Fate.FOREIGN, _session("bert"), target="me"),
    "other tenant, foreign ids among own": Actor(Fate.MIXED, _session("bert")),
    "member, team": Actor(Fate.MATE, _session("mate"), shown=_MATES),
    "member, me": Actor(Fate.FOREIGN, _session("mate"), target="me", shown=_MATES),
    "invited": Actor(Fate.FOREIGN, _after(_invite_only, _session("mate"))),
    "ex-member": Actor(Fate.FOREIGN, _after(_uninvite, _session("mate"))),
}
