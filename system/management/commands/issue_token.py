"""`manage.py issue_token EMAIL`: an API token from the command line."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from system.errors import RagError
from system.models import APIToken, Scope, Tenant, User


class Command(BaseCommand):
    help = "Issues an API token for a user's own tenant and prints its value, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the user's e-mail address")
        parser.add_argument("--name", default="", help="what the token is for")
        parser.add_argument("--scope", action="append", choices=Scope.values, help="repeatable; all if not given")
        parser.add_argument("--dataset", action="append", metavar="ID", help="repeatable; the token opens these alone")
        parser.add_argument("--days", type=int, help="days until it expires; never if not given")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        user = User.objects.named(email).filter(is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {email}: register one, or check the spelling.")
        days = options["days"]
        if days is not None and days < 1:
            raise CommandError("--days is at least 1; a token that never expires is issued without it.")
        try:
            _, value = APIToken.issue(
                Tenant.objects.give_to(user),
                created_by=user,
                name=name,
                scopes=options["scope"],
                datasets=options["dataset"],
                expires_at=timezone.now() + timedelta(days=days) if days else None,
            )
        except RagError as refused:
            raise CommandError(refused.message) from None
        self.stdout.write(value)
