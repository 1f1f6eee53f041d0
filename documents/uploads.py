"""Taking files in: bytes to storage, rows for file and document."""

import hashlib
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, cast

from django.core.files.base import File as StorageFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from documents import filetypes
from documents.models import Blob, BlobState, Document, File
from documents.models.file import DATASET_SOURCE, FOLDER
from knowledgebases import naming
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, DataError, RagError
from system.models import Tenant, User
from system.models.base import new_id

log = logging.getLogger(__name__)

NAME_BYTES = 255
DATASETS_FOLDER = ".knowledgebase"
# Marks that change the direction of what follows: they make `exe.txt` out of `txt.exe`.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NOT_IN_PATHS = re.compile(r"[^A-Za-z0-9_\-/]")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an upload: the documents made, and for each other file its name and why there is none.

    Files are refused for what they are; they fail for what happens to the storage.
    """

    documents: list[Document] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def clean_name(name: str) -> str:
    """The label a file name leaves: its bytes, without path, control and bidi characters (contract A.0.11).

    Raises ArgumentError where nothing is left, or more than NAME_BYTES bytes of UTF-8.
    """
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    label = "".join(char for char in base if char not in _BIDI and unicodedata.category(char) not in {"Cc", "Cs"})
    if label.strip() in {"", ".", ".."}:
        raise ArgumentError("No file selected!")
    if len(label.encode()) > NAME_BYTES:
        raise ArgumentError("File name must be 255 bytes or less.")
    return label


def add(kb: Knowledgebase, *, user: User, files: "Iterable[UploadedFile[Any]]", parent_path: str = "") -> Uploaded:
    """Store `files` in `kb`, each on its own: one that is refused leaves nothing behind and keeps no other out.

    Raises ArgumentError, with nothing stored, for a `parent_path` that is too long.
    """
    uploaded = Uploaded()
    folder = _folder(parent_path)
    for file in files:
        try:
            uploaded.documents.append(add_one(kb, user=user, file=file, folder=folder))
        except RagError as error:
            uploaded.refused.append((file.name or "", error.message))
        except OSError:
            log.exception("storing an upload of %s bytes", file.size)
            uploaded.failed.append((file.name or "", "The file could not be stored; try again."))
    return uploaded


def add_one(kb: Knowledgebase, *, user: User, file: "StorageFile[Any]", folder: str = "") -> Document:
    """Store one file, shown to clients as lying in `folder`.

    The blob's row comes first, pending; it goes live with the rows that need it.
    """
    name = clean_name(file.name or "")
    kind = filetypes.kind_of(name)
    if kind is filetypes.Kind.OTHER:
        raise DataError("This type of file has not been supported yet!")
    names = _free_names(kb, name)
    candidate = next(names)
    blob = store(kb.tenant, file)
    while True:
        try:
            return _record(kb, user=user, blob=blob, name=candidate, kind=kind, folder=folder)
        except IntegrityError as error:  # somebody else took the name meanwhile
            if "document_name" not in str(error):
                raise
            candidate = next(names)


def store(tenant: Tenant, file: "StorageFile[Any]") -> Blob:
    """Write the bytes of `file` to storage under a fresh key; the blob is still pending."""
    key = new_id()
    blob = Blob.objects.create(tenant=tenant, key=f"{tenant.pk}/{key[-2:]}/{key}")
    digest = hashlib.sha256()
    default_storage.save(blob.key, StorageFile(cast("IO[bytes]", _Hashed(file, digest)), name=blob.key))
    blob.size, blob.sha256 = file.size or 0, digest.hexdigest()
    blob.save(update_fields=["size", "sha256"])
    return blob


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


@transaction.atomic
def _record(kb: Knowledgebase, *, user: User, blob: Blob, name: str, kind: filetypes.Kind, folder: str) -> Document:
    suffix = filetypes.suffix_of(name)
    file = File.objects.create(
        tenant=kb.tenant,
        created_by=user,
        parent=folder_of(kb),
        name=name,
        type=kind,
        source_type=DATASET_SOURCE,
        size=blob.size,
        blob=blob,
    )
    document = Document.objects.create(
        kb=kb,
        created_by=user,
        name=name,
        file=file,
        blob=blob,
        location=f"{folder}/{name}" if folder else name,
        size=blob.size,
        sha256=blob.sha256,
        type=kind,
        suffix=suffix,
        parser_id=filetypes.suggested_method(name, kb.parser_id),
        parser_config=kb.parser_config,
    )
    Blob.objects.filter(pk=blob.pk).mark(BlobState.LIVE)
    return document


def folder_of(kb: Knowledgebase) -> File:
    """The folder of a dataset's files, `/.knowledgebase/<dataset>`, made where it is missing."""
    if folder := File.objects.filter(kb=kb).first():
        return folder
    owner = {"tenant": kb.tenant, "created_by_id": kb.tenant.owner_id}
    root, _ = File.objects.get_or_create(
        tenant=kb.tenant, parent=None, name="/", type=FOLDER, defaults={"created_by_id": kb.tenant.owner_id}
    )
    shelf, _ = File.objects.get_or_create(
        tenant=kb.tenant,
        parent=root,
        name=DATASETS_FOLDER,
        type=FOLDER,
        defaults={"created_by_id": kb.tenant.owner_id, "source_type": DATASET_SOURCE},
    )
    folder, _ = File.objects.get_or_create(
        kb=kb, defaults={**owner, "parent": shelf, "name": kb.name, "type": FOLDER, "source_type": DATASET_SOURCE}
    )
    return folder


def _free_names(kb: Knowledgebase, name: str) -> Iterator[str]:
    """Names that are free in `kb`, to be tried in turn; raises DataError where there is none, or it is too long."""
    taken = naming.among(Document.objects.filter(kb=kb, deleted_at=None))
    for candidate in naming.candidates(name, taken=taken):
        if len(candidate.encode()) > NAME_BYTES:
            raise DataError("Exceed the maximum length of file name!")
        yield candidate
    raise DataError(f"No free name is left for `{name}` in this dataset.")


def _folder(parent_path: str) -> str:
    """What of `parent_path` shows in locations: letters, digits, `_`, `-`, and folders that lead down."""
    if len(parent_path) > NAME_BYTES:
        raise ArgumentError(f"`parent_path` may have {NAME_BYTES} characters; this one has {len(parent_path)}.")
    return "/".join(filter(None, _NOT_IN_PATHS.sub("", parent_path).split("/")))
