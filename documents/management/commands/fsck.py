"""`manage.py fsck`: does the database agree with itself, and with the file storage?"""

import json
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from documents import consistency
from documents.consistency import CHECKS, Outcome, Scope
from knowledgebases.models import Knowledgebase
from system.errors import RagError


class Command(BaseCommand):
    help = (
        "Find what does not agree: counters, chunks and their search rows, tasks and documents, rows and stored bytes. "
        "Ends with 1 where anything was found, even if it was repaired, with 0 where all is well, and with 2 where "
        "that could not be told. May be run while the site is at work, and any number of times."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="mend what is found")
        parser.add_argument("--dataset", metavar="ID", help="look at one dataset only")
        parser.add_argument("--checksums", action="store_true", help="read all stored bytes and compare their sha256")
        parser.add_argument("--json", action="store_true", help="a JSON object a line: each finding, then a summary")
        parser.add_argument(
            "--grace",
            type=float,
            default=settings.RAG_BLOB_GRACE_SECONDS,
            metavar="SECONDS",
            help="bytes younger than this may be an upload under way (default: %(default)g)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kb_id = options["dataset"]
        if kb_id and not Knowledgebase.objects.filter(pk=kb_id).exists():
            raise CommandError(f"There is no dataset {kb_id}.", returncode=2)
        if options["grace"] < 0:
            raise CommandError("--grace is 0 or more.", returncode=2)
        scope = Scope(grace_seconds=options["grace"], kb_id=kb_id, checksums=options["checksums"])
        counts: Counter[str] = Counter()
        left = 0
        try:
            for outcome in consistency.examine(scope, repair=options["repair"]):
                counts[outcome.check.name] += 1
                left += not outcome.done
                self.stdout.write(_as_json(outcome) if options["json"] else _as_text(outcome))
        except (RagError, OSError, Error) as error:  # without the storage, or the database, there is no telling
            raise CommandError(f"The check could not be finished: {error}", returncode=2) from error
        self._sum_up(counts, left, as_json=options["json"])
        if counts:
            raise SystemExit(1)

    def _sum_up(self, counts: Counter[str], left: int, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"findings": counts.total(), "left": left, "checks": _by_check(counts)}))
            return
        for check in CHECKS:
            if counts[check.name]:
                self.stdout.write(f"{check.name}: {counts[check.name]} -- {check.meaning}")
        if not counts:
            self.stdout.write(f"All is well: {len(CHECKS)} checks found nothing.")
        elif left:
            self.stdout.write(f"{counts.total()} findings, {left} of them not repaired.")
        else:
            self.stdout.write(f"{counts.total()} findings, all repaired; a second run tells whether anything is left.")


def _by_check(counts: Counter[str]) -> dict[str, int]:
    return {check.name: counts[check.name] for check in CHECKS}


def _as_text(outcome: Outcome) -> str:
    finding = outcome.finding
    where = f" (dataset {finding.kb_id})" if finding.kb_id and finding.kb_id != finding.key else ""
    end = f": {outcome.done}" if outcome.done else f"; not repaired: {outcome.failed}" if outcome.failed else ""
    return f"{outcome.check.name} {finding.key}{where}: {finding.what}{end}"


def _as_json(outcome: Outcome) -> str:
    finding = outcome.finding
    return json.dumps(
        {
            "check": outcome.check.name,
            "key": finding.key,
            "dataset": finding.kb_id,
            "what": finding.what,
            "done": outcome.done,
            "failed": outcome.failed,
        }
    )
