"""Accounts: a user, the tenant of the same id, and the membership that makes the user its owner."""

import re

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from system.errors import ArgumentError, Code, Conflict, RagError
from system.models import Tenant, User

# ASCII alone: addresses that look alike or fold alike (`ſ`, `K`) would be accounts side by side.
_EMAIL = re.compile(r"[\w._-]+@(?:[\w-]+\.)+[\w-]{2,}", re.ASCII)
EMAIL_CHARS = 255
NICKNAME_CHARS = 100


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


def _set_password(user: User, password: str) -> None:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise ArgumentError(" ".join(error.messages)) from None
    user.set_password(password)
