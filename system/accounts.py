"""Accounts: a user, the tenant of the same id, and the membership that makes the user its owner."""

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from system.errors import ArgumentError, Code, Conflict, NotFound, RagError
from system.models import Tenant, User
from system.models.user import fresh_access_token

# ASCII alone: addresses that look alike or fold alike (`ſ`, `K`) would be accounts side by side.
_EMAIL = re.compile(r"[\w._-]+@(?:[\w-]+\.)+[\w-]{2,}", re.ASCII)
EMAIL_CHARS = 255
NICKNAME_CHARS = 100
PASSWORD_CHARS = 4096


def register(*, email: str, password: str, nickname: str, staff: bool = False, superuser: bool = False) -> User:
    """A new user with a tenant of their own, in one transaction.

    Raises ArgumentError on a nickname or password that will not do, RagError with the contract's texts on an address
    that is none, Conflict on one that is taken, whatever its case.
    """
    email, nickname = email.strip(), nickname.strip()
    if len(email) > EMAIL_CHARS or not _EMAIL.fullmatch(email):
        raise RagError(f"Invalid email address: {email[:EMAIL_CHARS]}!", code=Code.OPERATING)
    if len(nickname) > NICKNAME_CHARS:
        raise ArgumentError(f"`nickname` may have at most {NICKNAME_CHARS} characters; this one has {len(nickname)}.")
    user = User(email=email, nickname=nickname, is_staff=staff, is_superuser=superuser)
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            Tenant.objects.give_to(user)
    except IntegrityError as error:
        if "user_email" not in str(error):
            raise
        raise Conflict(f"Email: {email} has already registered!", code=Code.OPERATING) from None
    return user


def open_session(user: User) -> None:
    """A fresh web session for `user`; the one before is dead."""
    user.end_session()
    user.save(update_fields=["access_token"])


def close_session(user: User) -> None:
    """End the web session that `user` came with; one that a login has opened meanwhile lives on."""
    session = User.objects.filter(pk=user.pk, access_token=user.access_token)
    session.update(access_token=f"INVALID_{fresh_access_token()}", updated_at=timezone.now())


def change(user: User, columns: Mapping[str, Any], *, new_password: str | None = None) -> None:
    """Give `user` checked values of their columns, and a new password; whoever asked has shown the old one.

    The web session lives on: there is one, and it is the one that asked. Sessions of the console end with the old
    password. Raises ArgumentError, and changes nothing, on a password that will not do.
    """
    fields = [*columns]
    if new_password is not None:
        session = user.access_token
        _set_password(user, new_password)
        user.access_token = session
        fields.append("password")
    for name, value in columns.items():
        setattr(user, name, value)
    if fields:
        user.save(update_fields=fields)


def own_tenant(user: User) -> Tenant:
    """The tenant that `user` owns. Raises NotFound where there is none."""
    tenant = Tenant.objects.owned_by(user).first()
    if tenant is None:
        raise NotFound("Tenant not found!")
    return tenant


def configure(tenant: Tenant, columns: Mapping[str, Any]) -> None:
    """Give a tenant checked values of its columns. Models are not looked up: each use of one asks for it anyway."""
    for name, value in columns.items():
        setattr(tenant, name, value)
    tenant.save(update_fields=[*columns])


def _set_password(user: User, password: str) -> None:
    if len(password) > PASSWORD_CHARS:
        raise ArgumentError(f"A password may have at most {PASSWORD_CHARS} characters; this one has {len(password)}.")
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise ArgumentError(" ".join(error.messages)) from None
    user.set_password(password)
