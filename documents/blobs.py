"""Bytes into storage, and their end when nobody needs them any more."""

import hashlib
from collections.abc import Collection
from typing import IO, Any, cast

from django.core.files.base import File as StorageFile
from django.core.files.storage import default_storage

from documents.models import Blob, BlobState, Document
from system.models import Tenant
from system.models.base import new_id


def store(tenant: Tenant, file: "StorageFile[Any]") -> Blob:
    """Write the bytes of `file` to storage under a fresh key; the blob is still pending."""
    key = new_id()
    blob = Blob.objects.create(tenant=tenant, key=f"{tenant.pk}/{key[-2:]}/{key}")
    digest = hashlib.sha256()
    default_storage.save(blob.key, StorageFile(cast("IO[bytes]", _Hashed(file, digest)), name=blob.key))
    blob.size, blob.sha256 = file.size or 0, digest.hexdigest()
    blob.save(update_fields=["size", "sha256"])
    return blob


def release(blob_ids: Collection[str]) -> None:
    """Mark the bytes dead that no file and no living document needs, be it as its own or as its picture."""
    living = Document.objects.filter(deleted_at=None)
    unneeded = Blob.objects.filter(pk__in=blob_ids, files=None)
    for use in ("blob", "thumbnail_blob"):
        unneeded = unneeded.exclude(pk__in=living.filter(**{f"{use}__in": blob_ids}).values(use))
    unneeded.mark(BlobState.DEAD)


class _Hashed:
    """A readable file that feeds what is read to a digest."""

    def __init__(self, file: "StorageFile[Any]", digest: Any) -> None:
        self.file, self.digest, self.size = file, digest, file.size
        file.seek(0)

    def read(self, count: int = -1) -> bytes:
        data: bytes = self.file.read(count)
        self.digest.update(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)  # type: ignore[no-any-return]

    def tell(self) -> int:
        return self.file.tell()  # type: ignore[no-any-return]
