"""What becomes of a file that a dataset has already.

A file conflicts with a document of the same name, whatever its case, and with one of the same bytes. `on_conflict` says
what is done then:

| `on_conflict`    | same name, same bytes | same name, other bytes | other name, same bytes |
|------------------|-----------------------|------------------------|------------------------|
| `keep` (default) | kept                  | kept                   | stored                 |
| `skip`           | skipped               | kept                   | skipped                |
| `replace`        | skipped               | replaced               | stored                 |
| `error`          | refused               | refused                | refused                |

stored: a new document under the file's name. kept: a new document under a name that is free, `x(1).txt`. skipped:
nothing is stored, the answer is the document that has the bytes: the one of that name, or else the oldest. replaced:
the document of that name has the new bytes. refused: nothing is stored, the error names the document.

So `skip` looks at the bytes, and loses none; `replace` looks at the names, as copying into a folder does. Bytes that
the storage has lost are the same as no others: who sends the file again is not told that it is there.
"""

from enum import StrEnum

from django.db import connection

from documents.models import BlobState, Document
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, Conflict


class OnConflict(StrEnum):
    """What is done with a file that is there already."""

    KEEP = "keep"
    SKIP = "skip"
    REPLACE = "replace"
    ERROR = "error"


class Outcome(StrEnum):
    """What became of a file."""

    STORED = "stored"
    KEPT = "kept"
    SKIPPED = "skipped"
    REPLACED = "replaced"
    REFUSED = "refused"


_SAME, _NAME, _BYTES = range(3)  # columns of the table
_TABLE = {
    OnConflict.KEEP: (Outcome.KEPT, Outcome.KEPT, Outcome.STORED),
    OnConflict.SKIP: (Outcome.SKIPPED, Outcome.KEPT, Outcome.SKIPPED),
    OnConflict.REPLACE: (Outcome.SKIPPED, Outcome.REPLACED, Outcome.STORED),
    OnConflict.ERROR: (Outcome.REFUSED, Outcome.REFUSED, Outcome.REFUSED),
}


class Duplicate(Conflict):
    """A document has the name or the bytes of a file, and `error` was asked for."""


def on_conflict(given: str) -> OnConflict:
    """What a caller asks for; nothing counts as the default. Raises ArgumentError."""
    try:
        return OnConflict(given) if given else OnConflict.KEEP
    except ValueError:
        raise ArgumentError(
            f"`on_conflict` is {given[:64]!r}; send `keep`, `skip`, `replace` or `error`.", data=False
        ) from None


def judge(kb: Knowledgebase, *, name: str, sha256: str, asked: OnConflict) -> tuple[Outcome, Document | None]:
    """What is to become of a file, and the document that it is about; raises Duplicate.

    Holds until somebody else stores a file or changes a name, so whoever acts on it looks again under `lock`.
    """
    rows = Document.objects.filter(kb=kb, deleted_at=None).select_related("blob")
    stored = rows.exclude(blob=None).exclude(blob__state=BlobState.LOST)
    named = rows.named(name).first()
    if named and _has(named, sha256):
        column, found = _SAME, named
    elif named and asked is not OnConflict.SKIP:
        column, found = _NAME, named
    elif twin := stored.filter(sha256=sha256).order_by("created_at", "pk").first():
        column, found = _BYTES, twin
    elif named:
        column, found = _NAME, named
    else:
        return Outcome.STORED, None
    outcome = _TABLE[asked][column]
    if outcome is Outcome.REFUSED:
        raise Duplicate(_told(column, found))
    return outcome, found


def lock(kb: Knowledgebase) -> None:
    """Have no other upload to `kb` that looks at conflicts act until this transaction ends; before any other lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"uploads {kb.pk}"])


def _has(document: Document, sha256: str) -> bool:
    return document.blob is not None and document.sha256 == sha256 and not _lost(document)


def _lost(document: Document) -> bool:
    return document.blob is not None and document.blob.state == BlobState.LOST


def _told(column: int, document: Document) -> str:
    which = f"`{document.name}` ({document.pk})"
    if column == _SAME:
        return f"The dataset has {which}, with the same content."
    if column == _BYTES:
        return f"The dataset has the same content as {which}."
    state = "whose file is lost" if _lost(document) else "with other content"
    return f"The dataset has {which}, {state}; `on_conflict=replace` would put this one in its place."
