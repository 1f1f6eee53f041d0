"""`manage.py demo`: a site that has read its own handbook answers questions about itself."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from ragsite.demo import story
from ragsite.embedded.configured import configured_site
from ragsite.embedded.site import check_port
from system.errors import RagError

TOKEN_NAME = "demo"  # noqa: S105 -- the name, not the token


class Command(BaseCommand):
    help = "Start the site, ingest the sample documents (or --file), answer questions, and keep serving."
    requires_system_checks = []  # they would start the database; `prepare` runs them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, action="append", default=[], help="a document of yours; repeatable")
        parser.add_argument("--question", action="append", default=[], help="what to ask it; repeatable")
        parser.add_argument("--exit", action="store_true", help="stop the site after the answers")
        parser.add_argument("--tell", action="store_true", help="only the story, on a site that is up already")

    def handle(self, *args: Any, **options: Any) -> None:
        files, questions = options["file"], options["question"]
        if missing := [str(path) for path in files if not path.is_file()]:
            raise CommandError(f"No such file: {', '.join(missing)}. Give --file the path of a document.")
        if bool(files) != bool(questions):
            raise CommandError("--file and --question go together: what to read, and what to ask about it.")
        try:
            self._run(files, questions, options)
        except RagError as error:
            raise CommandError(error.message) from None

    def _run(self, files: list[Path], questions: list[str], options: dict[str, Any]) -> None:
        url = configured_site().url
        if options["tell"] or _answers(url):
            self._tell(url, files, questions)
        elif options["exit"]:
            self._tell_and_stop(url, files, questions)
        else:
            check_port(settings.RAG_HOST, settings.RAG_PORT)
            # The story is told from the side, and this process becomes the site's supervisor, which stays.
            teller = [*_manage("demo"), "--tell", *_arguments(files, questions)]
            subprocess.Popen(teller, cwd=settings.BASE_DIR, preexec_fn=_step_back)
            call_command("up")

    def _tell_and_stop(self, url: str, files: list[Path], questions: list[str]) -> None:
        site = subprocess.Popen(_manage("up"), cwd=settings.BASE_DIR)
        try:
            self._tell(url, files, questions)
        finally:
            site.send_signal(signal.SIGTERM)
            site.wait()

    def _tell(self, url: str, files: list[Path], questions: list[str]) -> None:
        try:
            story.wait_until_ready(url)
            token = _fresh_token()
            asked = (
                story.Story(url, token, [path.resolve() for path in files], questions)
                if files
                else story.Story.of_handbook(url, token)
            )
            story.tell(asked, Console())
        except story.StoryError as error:
            raise CommandError(str(error)) from None


def _fresh_token() -> str:
    """A token of the operator for this demo; those of earlier demos are revoked."""
    from system.models import APIToken, User

    operators = User.objects.filter(is_superuser=True, is_active=True, tenant__isnull=False)
    operator = operators.order_by("created_at").first()
    if operator is None:
        raise CommandError("There is no operator with a tenant. `manage.py createsuperuser` makes one.")
    for token in APIToken.objects.active().filter(tenant=operator.tenant, name=TOKEN_NAME):
        token.revoke()
    _, value = APIToken.issue(operator.tenant, created_by=operator, name=TOKEN_NAME)
    return value


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/system/ping", timeout=2, trust_env=False).text == "pong"
    except httpx.TransportError:
        return False


def _step_back() -> None:
    """The site starts first: it is what the story is told on."""
    os.nice(10)


def _manage(command: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), command]


def _arguments(files: list[Path], questions: list[str]) -> list[str]:
    return [
        *(part for path in files for part in ("--file", os.fspath(path.resolve()))),
        *(part for question in questions for part in ("--question", question)),
    ]
