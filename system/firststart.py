"""What a site is given at its first start: an operator, and an API token."""

import secrets
from dataclasses import dataclass

from django.db import connection, transaction

from system import accounts
from system.models import APIToken, User

OPERATOR = "operator@ragsite.local"
_LOCK = 0x7261675F_66697273  # "rag_firs", any number that nothing else locks


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The operator's credentials, in clear, to be printed once; neither can be read again where values are hidden."""

    email: str
    password: str
    token: str


def ensure_operator() -> FirstStart | None:
    """Make the operator of a site without users; None where there are some. Racing processes make one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if User.objects.exists():
            return None
        password = secrets.token_urlsafe(12)
        user = accounts.register(email=OPERATOR, password=password, nickname="operator", staff=True, superuser=True)
        _, token = APIToken.issue(user.tenant, created_by=user, name="first start")
    return FirstStart(OPERATOR, password, token)
