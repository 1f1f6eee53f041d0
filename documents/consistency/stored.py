"""Rows of stored bytes against the storage."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from documents import blobs
from documents.consistency.base import BATCH, Finding, Scope, found, rows
from documents.consistency.losing import lose
from documents.models import Blob, BlobState
from system.transactions import retried

_READ = 1 << 20  # bytes at a time
_STATE = """
    SELECT b.id, b.key, b.size, b.sha256 FROM rag_blob b WHERE state = %(state)s
      AND (%(kb)s::text IS NULL OR EXISTS (
           SELECT FROM rag_document d WHERE d.kb_id = %(kb)s AND b.id IN (d.blob_id, d.thumbnail_blob_id)))
"""
_NEEDED = """
    SELECT b.id, d.kb_id, format('bytes that document %%s needs are %%s', d.id, b.state)
    FROM rag_blob b JOIN rag_document d ON b.id IN (d.blob_id, d.thumbnail_blob_id)
    WHERE d.deleted_at IS NULL AND b.state IN ('pending', 'dead') AND (%(kb)s::text IS NULL OR d.kb_id = %(kb)s)
"""
_UNNEEDED = """
    SELECT b.id, '', 'bytes that nothing needs' FROM rag_blob b
    WHERE b.state IN ('live', 'lost') AND b.changed_at < %(before)s AND %(kb)s::text IS NULL
      AND NOT EXISTS (SELECT FROM rag_document d WHERE d.blob_id = b.id)
      AND NOT EXISTS (SELECT FROM rag_document d WHERE d.thumbnail_blob_id = b.id)
      AND NOT EXISTS (SELECT FROM rag_file f WHERE f.blob_id = b.id)
"""


class StoredBytes:
    """The bytes of a live row: there, as many as it says, and with `checksums` the very same."""

    name = "stored-bytes"
    meaning = "The file of a document is lost or damaged: it cannot be downloaded, or parsed again."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Rows whose bytes are not there, or others."""
        for blob in _blobs(scope, BlobState.LIVE):
            # Between the row and the look at its bytes both may have gone.
            if (what := wrong(blob, checksum=scope.checksums)) and _live(blob.pk):
                yield Finding(blob.pk, "", what)

    def repair(self, finding: Finding) -> str:
        """Bytes do not come back: say so at the documents that need them."""
        blob = Blob.objects.filter(pk=finding.key, state=BlobState.LIVE).first()
        if blob is None or not wrong(blob, checksum=True):
            return ""
        return lose(blob, finding.what)


class FoundBytes:
    """Bytes that were said to be lost, and are there again: from a backup, say."""

    name = "found-bytes"
    meaning = "Documents say that their file is lost, and it is not."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Lost rows whose bytes are there, and the very same."""
        for blob in _blobs(scope, BlobState.LOST):
            if not wrong(blob, checksum=True):
                yield Finding(blob.pk, "", "lost bytes are there again")

    def repair(self, finding: Finding) -> str:
        """Make them live; their documents can be parsed again."""
        lost = Blob.objects.filter(pk=finding.key, state=BlobState.LOST)
        return "live again; parse the document again" if lost.mark(BlobState.LIVE) else ""


class NeededBytes:
    """Rows that documents need are live, so that the sweeper keeps its hands off them."""

    name = "needed-bytes"
    meaning = "The file of a document is marked to be removed."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Rows that documents need, and that are pending or dead."""
        return found(_NEEDED, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Mark them live; whether the bytes are there is another check's."""
        blob = Blob.objects.select_for_update().filter(pk=finding.key).first()
        return "live" if blob and Blob.objects.filter(pk=blob.pk).mark(BlobState.LIVE) else ""


class UnneededBytes:
    """Live rows that no document, picture or file needs."""

    name = "unneeded-bytes"
    meaning = "Bytes are stored that nobody can reach."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Such rows, older than the grace period."""
        return found(_UNNEEDED, scope, before=timezone.now() - timedelta(seconds=scope.grace_seconds))

    @retried
    def repair(self, finding: Finding) -> str:
        """Mark them dead: the sweeper takes them after another grace period."""
        blobs.release([finding.key])
        return "left to the sweeper" if Blob.objects.filter(pk=finding.key, state=BlobState.DEAD).exists() else ""


class UnknownBytes:
    """Bytes in the storage that no row tells of."""

    name = "unknown-bytes"
    meaning = "Room is taken up that nobody will ever free: a row is written before its bytes, and goes after them."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Keys without a row, older than the grace period; of no dataset, so with one in scope there is no telling."""
        if scope.kb_id is None:
            yield from (Finding(key, "", "bytes without a row") for key in _unknown("", scope.grace_seconds))

    def repair(self, finding: Finding) -> str:
        """Remove them."""
        if Blob.objects.filter(key=finding.key).exists():
            return ""
        default_storage.delete(finding.key)
        return "removed"


def wrong(blob: Blob, *, checksum: bool) -> str:
    """What is wrong with the bytes of a row; empty: nothing. Raises OSError where the storage does not answer."""
    try:
        size = default_storage.size(blob.key)
        if size != blob.size:
            return f"{size} bytes are stored where {blob.size} were"
        if checksum and blob.sha256 and (digest := _digest(blob.key)) != blob.sha256:
            return f"the stored bytes are damaged: their sha256 is {digest[:12]}…, and was {blob.sha256[:12]}…"
    except FileNotFoundError:
        return "no bytes are stored under its key"
    return ""


def _blobs(scope: Scope, state: BlobState) -> Iterator[Blob]:
    for pk, key, size, sha256 in rows(_STATE, {"kb": scope.kb_id, "state": state}):
        yield Blob(pk=pk, key=key, size=size, sha256=sha256)


def _live(pk: str) -> bool:
    return Blob.objects.filter(pk=pk, state=BlobState.LIVE).exists()


def _digest(key: str) -> str:
    digest = hashlib.sha256()
    with default_storage.open(key) as file:
        while data := file.read(_READ):
            digest.update(data)
    return digest.hexdigest()


def _unknown(folder: str, grace_seconds: float) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    keys = [f"{folder}/{name}".lstrip("/") for name in names if name]
    before = timezone.now() - timedelta(seconds=grace_seconds)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        known = set(Blob.objects.filter(key__in=batch).values_list("key", flat=True))
        yield from (key for key in batch if key not in known and _older(key, before.timestamp()))
    for name in folders:
        yield from _unknown(f"{folder}/{name}".lstrip("/"), grace_seconds)


def _older(key: str, before: float) -> bool:
    try:
        return default_storage.get_modified_time(key).timestamp() < before
    except FileNotFoundError:  # gone meanwhile
        return False
