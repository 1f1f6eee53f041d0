"""From what people call documents and chunks to their rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from documents.evaluation.drafts import SHOWN, Named
from knowledgebases.models import Chunk, Knowledgebase
from system.errors import ArgumentError

BATCH = 2000  # names of one statement
TOLD = 10  # names of one message

# The database folds the case of both sides: Python would fold some letters otherwise.
_WAYS = (
    "document.id = asked.name",
    "lower(document.name) = lower(asked.name)",
    r"regexp_replace(lower(document.name), '\.[^.]*$', '') = lower(asked.name)",
)
_NAMED = """
SELECT asked.name, document.id, document.name
FROM unnest(%s::text[]) AS asked (name) JOIN rag_document document ON {way}
WHERE document.kb_id = %s AND document.deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a name stands for: a document, or a chunk of it ("" for none)."""

    document_id: str
    document_name: str
    chunk_id: str = ""


class Names:
    """What the names of some judgements mean in a dataset, looked up together."""

    def __init__(self, kb: Knowledgebase, named: Iterable[Named]) -> None:
        listed = list(named)
        self._chunks = _chunks(kb, {one.name for one in listed if one.chunk})
        self._documents = _documents(kb, {one.name for one in listed if not one.chunk})

    def of(self, one: Named) -> Sequence[Meant]:
        """What it may mean: exactly one, none where there is no such thing, several where that cannot be told."""
        return (self._chunks if one.chunk else self._documents).get(one.name, ())

    def refuse(self, unclear: Sequence[Named]) -> None:
        """Raise ArgumentError for names that mean nothing, or several things."""
        if unclear:
            told = "\n".join(self._complaint(one) for one in unclear[:TOLD])
            more = f"\n… and {len(unclear) - TOLD:,} more like these" if len(unclear) > TOLD else ""
            raise ArgumentError(f"{told}{more}\nNothing was kept.")

    def _complaint(self, one: Named) -> str:
        shown = repr(one.name[:SHOWN])
        if found := self.of(one):
            names = ", ".join(sorted(meant.document_name for meant in found)[:3])
            return f"{one.where}: {shown} may be any of {names}; give the suffix, too."
        return f"{one.where}: the dataset has no {'chunk' if one.chunk else 'document'} {shown}."


def _chunks(kb: Knowledgebase, wanted: set[str]) -> dict[str, list[Meant]]:
    found = {}
    for part in _parts(wanted):
        rows = Chunk.objects.filter(kb=kb, pk__in=part).values_list("pk", "document_id", "document__name")
        found.update({pk: [Meant(document, name, pk)] for pk, document, name in rows})
    return found


def _documents(kb: Knowledgebase, wanted: set[str]) -> dict[str, list[Meant]]:
    """By id, else by name whatever its case, else by name without its suffix (so BEIR knows them)."""
    found: dict[str, list[Meant]] = {}
    with connection.cursor() as cursor:
        for way in _WAYS:
            cursor.execute(_NAMED.format(way=way), [list(wanted - found.keys()), kb.pk])
            for name, document_id, document_name in cursor.fetchall():
                found.setdefault(name, []).append(Meant(document_id, document_name))
    return found


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    listed = sorted(names)
    for start in range(0, len(listed), BATCH):
        yield listed[start : start + BATCH]
