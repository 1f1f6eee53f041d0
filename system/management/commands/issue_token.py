"""`manage.py issue_token EMAIL`: an API token from the command line."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from system.models import APIToken, Scope, Tenant, User


class Command(BaseCommand):
    help = "Issues an API token for a user's own tenant and prints its value, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the user's e-mail address")
        parser.add_argument("--name", default="", help="what the token is for")
        parser.add_argument("--scope", action="append", choices=Scope.values, help="repeatable; all if not given")
        parser.add_argument("--days", type=int, help="days until it expires; never if not given")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        user = User.objects.named(email).filter(is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {email}: register one, or check the spelling.")
        days = options["days"]
        _, value = APIToken.issue(
            Tenant.objects.give_to(user),
            created_by=user,
            name=name,
            scopes=options["scope"],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        self.stdout.write(value)
