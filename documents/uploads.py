"""Taking files in: bytes to storage, rows for file and document."""

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import File as StorageFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from documents import blobs, filetypes
from documents.models import Blob, BlobState, Document, File
from documents.models.file import DATASET_SOURCE, FOLDER
from knowledgebases import naming
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, Conflict, DataError, RagError
from system.models import User

log = logging.getLogger(__name__)

NAME_BYTES = 255
_SUFFIX_CHARS = 32
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


class NameTaken(Conflict):
    """Another document of the dataset has the name, whatever its case."""

    def __init__(self) -> None:
        super().__init__("Duplicated document name in the same dataset.")


def clean_name(name: str) -> str:
    """The label a file name leaves: its bytes, without path, control and bidi characters (contract A.0.11).

    Raises ArgumentError where nothing is left, or more than NAME_BYTES bytes of UTF-8.
    """
    label = _label(name)
    if not label:
        raise ArgumentError("No file selected!", data=False)
    check_length(label)
    return label


def typed_name(name: str) -> str:
    """The same of a name that somebody typed in, for a document without a file. Raises ArgumentError."""
    check_length(name)
    if not (label := _label(name)):
        raise ArgumentError("File name can't be empty.", data=False)
    return label


def check_length(name: str) -> None:
    """Raise ArgumentError where a name has more than NAME_BYTES bytes of UTF-8."""
    if len(name.encode()) > NAME_BYTES:
        raise ArgumentError("File name must be 255 bytes or less.", data=False)


def _label(name: str) -> str:
    """What of a name may be shown; empty where that is nothing, or a folder."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    label = "".join(char for char in base if char not in _BIDI and unicodedata.category(char) not in {"Cc", "Cs"})
    return "" if label.strip() in {"", ".", ".."} else label


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
    blob = blobs.store(kb.tenant, file)
    while True:
        try:
            return _record(kb, user=user, blob=blob, name=candidate, kind=kind, folder=folder)
        except IntegrityError as error:  # somebody else took the name meanwhile
            if "document_name" not in str(error):
                raise
            candidate = next(names)


def create_empty(kb: Knowledgebase, *, user: User, name: str) -> Document:
    """A document without a file, to be filled with chunks by hand; `name` is a `typed_name`. Raises NameTaken."""
    if Document.objects.filter(kb=kb, deleted_at=None).named(name).exists():
        raise NameTaken
    try:
        return _record(kb, user=user, blob=None, name=name, kind=filetypes.Kind.VIRTUAL)
    except IntegrityError as error:  # somebody else took the name meanwhile
        if "document_name" not in str(error):
            raise
        raise NameTaken from None


@transaction.atomic
def _record(
    kb: Knowledgebase, *, user: User, blob: Blob | None, name: str, kind: filetypes.Kind, folder: str = ""
) -> Document:
    """The rows of a document, and of its file; without a blob it has no bytes, and no location."""
    size, sha256 = (blob.size, blob.sha256) if blob else (0, "")
    file = File.objects.create(
        tenant=kb.tenant,
        created_by=user,
        parent=folder_of(kb),
        name=name,
        type=kind,
        source_type=DATASET_SOURCE,
        size=size,
        blob=blob,
    )
    document = Document.objects.create(
        kb=kb,
        created_by=user,
        name=name,
        file=file,
        blob=blob,
        location="/".join(filter(None, [folder, name])) if blob else "",
        size=size,
        sha256=sha256,
        type=kind,
        suffix=filetypes.suffix_of(name)[:_SUFFIX_CHARS],
        parser_id=filetypes.suggested_method(name, kb.parser_id),
        parser_config=kb.parser_config,
    )
    if blob:
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
