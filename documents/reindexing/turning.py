"""The moment from which on a dataset is served by what was built."""

from collections.abc import Sequence
from typing import Any

from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone
from psycopg import errors

from documents import batches
from documents.models import Reindex, ReindexState
from documents.reindexing.base import Part, hold
from knowledgebases import indexing
from knowledgebases.models import Knowledgebase
from system.errors import NotFound
from system.transactions import retried

PATIENCE = "5s"  # for writers under way; others wait meanwhile


def turn(job: Reindex, parts: Sequence[Part]) -> bool:
    """Change the dataset over in one transaction; False, with nothing changed, where it cannot be done now.

    That is where something is missing again, or writers did not end in time. Searches that began before go on with the
    rows that they know: those stay.
    """
    try:
        return _turn(job, parts)
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            return False
        raise


@retried
def _turn(job: Reindex, parts: Sequence[Part]) -> bool:
    # Lock order: as those who write vectors (`indexing.steady`), so the dataset's row comes last.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
    kb = Knowledgebase(pk=job.kb_id)
    indexing.moving(kb)
    current = hold(job)
    found = Knowledgebase.objects.live().select_for_update(no_key=True).filter(pk=kb.pk).first()
    if found is None:
        raise NotFound(f"There is no dataset {kb.pk} any more.")
    batches.allow(found.chunk_num)
    if any(part.missing() for part in parts):
        return False
    values: dict[str, Any] = {}
    for part in parts:
        part.kb = found
        values |= part.turn()
    Knowledgebase.objects.filter(pk=kb.pk).update(updated_at=timezone.now(), **values)
    if current.back:
        told = "Rolled back: the dataset is served as before the switch."
        current.let_go(ReindexState.ROLLED_BACK, told, finished_at=timezone.now(), done=F("total"))
    else:
        told = "Switched: the dataset is served by what was built."
        current.let_go(ReindexState.SWITCHED, told, switched_at=timezone.now(), done=F("total"))
    return True
