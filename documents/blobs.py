"""Bytes into storage, and their end when nobody needs them any more."""

import hashlib
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.base import File as StorageFile
from django.core.files.storage import default_storage

from documents.models import Blob, BlobState, Document
from system import scratch
from system.errors import Unavailable
from system.models import Tenant
from system.models.base import new_id

_READ = 1 << 20  # bytes at a time


def sha256_of(file: "StorageFile[Any]") -> str:
    """Digest of the bytes of `file`: the one that was taken while they came in, or else by reading them."""
    taken: str | None = getattr(file, "sha256", None)
    if taken is not None:
        return taken
    digest = hashlib.sha256()
    for chunk in file.chunks(_READ):
        digest.update(chunk)
    return digest.hexdigest()


def store(tenant: Tenant, file: "StorageFile[Any]") -> Blob:
    """Write the bytes of `file` to storage under a fresh key; the blob is still pending.

    Raises OSError or Unavailable where the storage does not take them; the sweeper clears up then.
    """
    key = new_id()
    blob = Blob.objects.create(
        tenant=tenant, key=f"{tenant.pk}/{key[-2:]}/{key}", size=file.size or 0, sha256=sha256_of(file)
    )
    default_storage.save(blob.key, file)
    return blob


@contextmanager
def on_disk(blob: Blob, *, check: Callable[[], None]) -> Iterator[Path]:
    """The bytes of `blob` as a file on this machine: the stored one where storage is a disk, else a copy for a while.

    `check` is called while it is copied, and may raise to give up. Raises FileNotFoundError where they are not stored,
    Unavailable where the storage does not answer, or this machine has no room for a copy.
    """
    try:
        stored = Path(default_storage.path(blob.key))
    except NotImplementedError:
        with _copy(blob, check) as path:
            yield path
    else:
        if not stored.exists():
            raise FileNotFoundError(blob.key)
        yield stored


@contextmanager
def _copy(blob: Blob, check: Callable[[], None]) -> Iterator[Path]:
    with default_storage.open(blob.key) as stored, tempfile.NamedTemporaryFile(dir=scratch.folder()) as copy:
        try:
            while data := stored.read(_READ):
                check()
                copy.write(data)
            copy.flush()
        except OSError as error:
            raise Unavailable(f"This machine has no room for a copy of a file of {blob.size} bytes.") from error
        yield Path(copy.name)


def release(blob_ids: Collection[str]) -> None:
    """Mark the bytes dead that no file and no living document needs, be it as its own or as its picture."""
    living = Document.objects.filter(deleted_at=None)
    unneeded = Blob.objects.filter(pk__in=blob_ids, files=None)
    for use in ("blob", "thumbnail_blob"):
        unneeded = unneeded.exclude(pk__in=living.filter(**{f"{use}__in": blob_ids}).values(use))
    unneeded.mark(BlobState.DEAD)
