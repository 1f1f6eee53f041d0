"""People: they log in with their e-mail address."""

import secrets
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower

from system.models.base import Row
from system.models.tenant import Tenant


class UserManager(BaseUserManager["User"]):
    """Makes users, each with a tenant of their own, and finds them by their address."""

    def named(self, email: str) -> models.QuerySet["User"]:
        """The user with that e-mail address, whatever its case: one at most, by the constraint `user_email`.

        The constraint folds with LOWER, so must every look-up: `iexact` compares with UPPER, where `ſ` is an `S`.
        """
        return self.alias(folded_email=Lower("email")).filter(folded_email=Lower(models.Value(email)))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user of the API; user, tenant and membership come in one transaction."""
        user = self.model(email=email.strip(), **fields)
        user.set_password(password)
        with transaction.atomic():
            user.save(force_insert=True)
            Tenant.objects.give_to(user)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user who may do everything in the console (`manage.py createsuperuser`)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with that e-mail address, whatever its case."""
        return self.named(username or "").get()


def fresh_access_token() -> str:
    """32 hex digits: what a session token of the web API signs."""
    return secrets.token_hex(16)


class User(Row, AbstractBaseUser, PermissionsMixin):
    """A person; `access_token` names the one live session of the web API, and is replaced at login and logout."""

    email = models.EmailField(max_length=255)
    nickname = models.CharField(max_length=100)
    avatar = models.TextField(null=True, blank=True)
    language = models.CharField(max_length=32, default="English")
    color_schema = models.CharField(max_length=32, default="Bright")
    timezone = models.CharField(max_length=64, default="UTC+8\tAsia/Shanghai")
    login_channel = models.CharField(max_length=255, null=True, blank=True, default="password")
    access_token = models.CharField(max_length=64, default=fresh_access_token, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may open the console", default=False)

    objects = UserManager()

    only_datasets: ClassVar[Sequence[str] | None] = None
    """Ids of the datasets that this caller may reach, None for all: set on the instance by a token that is limited.

    Rules over knowledge bases heed it, so that no view has to.
    """

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["nickname"]

    class Meta:
        db_table = "rag_user"
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email", violation_error_message="E-mail is taken.")
        ]
        indexes = [models.Index(fields=["access_token"], name="user_access_token")]

    def __str__(self) -> str:
        return self.email

    def set_password(self, raw_password: str | None) -> None:
        """Take a new password; who logged in with the old one is logged out. Not saved yet."""
        super().set_password(raw_password)
        self.end_session()

    def end_session(self) -> None:
        """Let the live session of the web API, if any, end. Not saved yet."""
        self.access_token = fresh_access_token()
