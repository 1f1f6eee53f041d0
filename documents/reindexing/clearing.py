"""What is left of reindexes that have ended: vectors that nobody serves, and nobody goes back to."""

import logging

from django.db import connection, transaction
from django.utils import timezone

from documents.models import Reindex, ReindexState, What
from documents.models.reindex import UNFINISHED
from documents.reindexing import lexical
from knowledgebases import indexing
from knowledgebases.models import Knowledgebase
from system.transactions import retried

log = logging.getLogger(__name__)

BATCH = 5_000  # rows of one transaction

# Of a dataset: what it does not serve, and no reindex builds or keeps.
IDLE = """
  v.space_id IS DISTINCT FROM k.space_id AND NOT EXISTS (
    SELECT FROM rag_reindex r WHERE r.kb_id = k.id AND r.state = ANY(%(unfinished)s)
      AND v.space_id IN (r.space_id, r.former_space_id))
"""
_CLEAR = f"""
DELETE FROM rag_chunk_dense WHERE ctid = ANY(ARRAY(
  SELECT v.ctid FROM rag_chunk_dense v JOIN rag_knowledgebase k ON k.id = v.kb_id
  WHERE v.kb_id = %(kb)s AND {IDLE} LIMIT {BATCH}))
"""  # noqa: S608 -- constants


def clear() -> int:
    """End the ways back that were kept long enough, and remove what nobody needs any more; returns how many rows."""
    for job in Reindex.objects.outlived():
        _outlive(job)
    gone = 0
    for job in Reindex.objects.uncleared().select_related("kb", "space", "former_space"):
        try:
            gone += _clear(job)
        except Exception:  # one that resists does not keep the others from being cleared
            log.exception("clearing after reindex %s", job.pk)
    return gone


@retried
def _outlive(job: Reindex) -> None:
    current = Reindex.objects.outlived().select_for_update().filter(pk=job.pk).first()
    if current is not None:
        current.let_go(ReindexState.FINISHED, "The time to roll back is over.", finished_at=timezone.now())


def _clear(job: Reindex) -> int:
    vectors, words = clear_batch(job.kb), _clear_words(job.kb)
    if max(vectors, words) < BATCH and _drop_indexes(job):
        Reindex.objects.filter(pk=job.pk, state=job.state).update(cleared=True)
    return vectors + words


def _drop_indexes(job: Reindex) -> bool:
    """Drop what has no vectors any more; False where that has to be tried again."""
    if transaction.get_connection().in_atomic_block:
        return True
    busy = [space for space in (job.space, job.former_space) if space and not indexing.drop_dense_index(space)]
    return not busy


@retried
def clear_batch(kb: Knowledgebase) -> int:
    """Remove some vectors of a dataset that nobody serves, builds or keeps; returns how many, up to BATCH."""
    indexing.steady(kb)
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, {"kb": kb.pk, "unfinished": [str(state) for state in UNFINISHED]})
        return int(cursor.rowcount)


@retried
def _clear_words(kb: Knowledgebase) -> int:
    """Remove some words of a dataset that were weighed for nothing; returns how many, up to BATCH."""
    indexing.steady(kb)  # no change-over takes them up meanwhile
    if Reindex.objects.unfinished().filter(kb=kb).exclude(what=What.DENSE).exists():
        return 0
    return lexical.drop(kb, most=BATCH)
