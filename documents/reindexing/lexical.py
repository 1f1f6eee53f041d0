"""Words weighed anew: for another language, another tokenizer, or chunks of another length than there were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from documents.leases import Lease
from documents.models import Document, Reindex
from documents.reindexing.base import LOOK, SAMPLES, hold
from documents.vectors import title_of
from knowledgebases import indexing
from knowledgebases.lexical import rows, weighing
from knowledgebases.lexical.rows import Columns
from knowledgebases.models import Chunk, Knowledgebase, ReweighedRow
from system.errors import Conflict
from system.transactions import retried

BATCH = 500  # chunks of a transaction
AVERAGED = 1_000  # chunks whose mean length stands for that of all

_MISSING = """
FROM rag_chunk c WHERE c.kb_id = %(kb)s
  AND NOT EXISTS (SELECT FROM rag_chunk_reweighed r WHERE r.chunk_id = c.id AND r.kb_id = %(kb)s)
"""
_COUNT = f"SELECT count(*) {_MISSING}"
_LOOK = f"SELECT c.id {_MISSING} ORDER BY c.document_id LIMIT {LOOK}"
# Which write a lexical row is of. Chunks and their words change in one transaction: a version that has stayed the same
# since the text was read means that the text has, too.
_VERSIONS = "SELECT chunk_id, xmin::text FROM rag_chunk_lexical WHERE chunk_id = ANY(%s)"
_LOCKED = f"{_VERSIONS} ORDER BY chunk_id FOR SHARE SKIP LOCKED"
_TURN = """
UPDATE rag_chunk_lexical l SET length = r.length, terms = r.terms, weights = r.weights
FROM rag_chunk_reweighed r WHERE r.kb_id = %(kb)s AND r.chunk_id = l.chunk_id
"""
_DROP = """
DELETE FROM rag_chunk_reweighed
WHERE ctid = ANY(ARRAY(SELECT ctid FROM rag_chunk_reweighed WHERE kb_id = %(kb)s LIMIT %(most)s))
"""


@dataclass(frozen=True, slots=True)
class Made:
    """The words of some chunks, by id, and the version that the lexical row of each had beforehand."""

    versions: dict[str, str]
    columns: dict[str, Columns]


class Lexical:
    """The words of a dataset on their way into the language that a reindex aims at."""

    name = "words"

    def __init__(self, job: Reindex, kb: Knowledgebase) -> None:
        self.job = job
        self.kb = kb

    def missing(self) -> int:
        """How many chunks have no newly weighed words yet."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"kb": self.kb.pk})
            return int(cursor.fetchone()[0])

    def todo(self) -> Iterator[list[str]]:
        """Batches of ids of chunks, those of a document together."""
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, {"kb": self.kb.pk})
            found = [pk for (pk,) in cursor.fetchall()]
        for start in range(0, len(found), BATCH):
            yield found[start : start + BATCH]

    def make(self, batch: Sequence[str]) -> Made:
        """Weigh the words of chunks."""
        with connection.cursor() as cursor:
            cursor.execute(_VERSIONS, [list(batch)])
            versions = dict(cursor.fetchall())
        average = self._average()
        return Made(versions, {pk: self._columns(item, average) for pk, item in self._weighed(batch).items()})

    def put(self, made: Made) -> int:
        """Write words of chunks that are as they were when their words were weighed."""
        with connection.cursor() as cursor:
            cursor.execute(_LOCKED, [list(made.columns)])
            same = [pk for pk, version in cursor.fetchall() if made.versions.get(pk) == version]
        fresh = [
            ReweighedRow(chunk_id=pk, kb_id=self.kb.pk, length=found.length, terms=found.terms, weights=found.weights)
            for pk in same
            for found in [made.columns[pk]]
        ]
        ReweighedRow.objects.bulk_create(fresh, ignore_conflicts=True)
        return len(fresh)

    def examine(self, lease: Lease[Reindex]) -> None:
        """Weigh some again."""
        lease.report(self.job.progress, "Comparing samples of words.", phase="compare")
        sample = list(ReweighedRow.objects.filter(kb_id=self.kb.pk).order_by("?")[:SAMPLES])
        made = self.make([row.chunk_id for row in sample])
        for row in sample:
            again = made.columns.get(row.chunk_id)
            still = ReweighedRow.objects.filter(pk=row.pk).exists()  # else its chunk was changed in between
            if again is not None and list(row.terms) != again.terms and still:
                raise Conflict(
                    f"The words of chunk {row.chunk_id} do not come out alike twice: was the tokenizer exchanged "
                    "meanwhile? Roll back, and begin anew."
                )

    def turn(self) -> dict[str, Any]:
        """Put them in place of those that are served; searches see one or the other. Statistics follow by trigger."""
        left = self.job.language if self.job.back else self.job.former_language
        if self.kb.language != left:
            raise Conflict("The dataset's language was changed meanwhile; roll this reindex back and begin another.")
        with connection.cursor() as cursor:
            cursor.execute(_TURN, {"kb": self.kb.pk})
        return {"language": self.job.aimed_language}

    def _weighed(self, keys: Sequence[str]) -> dict[str, weighing.Weighted]:
        chunks = list(Chunk.objects.filter(pk__in=keys))
        documents = Document.objects.only("name").in_bulk({chunk.document_id for chunk in chunks})
        return {
            chunk.pk: indexing.weigh(chunk, _title(chunk, documents), self.job.aimed_language)
            for chunk in chunks
            if chunk.document_id in documents
        }

    def _columns(self, weighted: weighing.Weighted, average: float) -> Columns:
        return rows.columns(weighted, kb_id=self.kb.pk, average=average)

    def _average(self) -> float:
        """Mean length of a chunk, by some of them."""
        if self.job.average is None:
            some = Chunk.objects.filter(kb=self.kb).order_by("?").values_list("pk", flat=True)[:AVERAGED]
            lengths = [item.length for item in self._weighed(list(some)).values()]
            mean = sum(lengths) / len(lengths) if lengths else weighing.PRIOR_LENGTH
            _note(self.job, weighing.average_length(self.kb.chunk_num, mean * self.kb.chunk_num))
        return self.job.average or weighing.PRIOR_LENGTH


def drop(kb: Knowledgebase, *, most: int) -> int:
    """Remove words that were weighed for a reindex that will not be switched; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP, {"kb": kb.pk, "most": most})
        return int(cursor.rowcount)


def _title(chunk: Chunk, documents: dict[str, Document]) -> str:
    return "" if chunk.added else title_of(documents[chunk.document_id])


@retried
def _note(job: Reindex, average: float) -> None:
    hold(job)
    Reindex.objects.filter(pk=job.pk).update(average=average)
    job.average = average
