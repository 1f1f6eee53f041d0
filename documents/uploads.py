"""Taking files in: bytes to storage, rows for file and document."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import chain
from typing import Any

from django.core.files.base import File as StorageFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from documents import blobs, conflicts, filetypes, labels, quotas, replacing
from documents.conflicts import OnConflict, Outcome
from documents.models import Blob, BlobState, Document, File
from documents.models.file import DATASET_SOURCE, FOLDER
from knowledgebases import naming
from knowledgebases.models import Knowledgebase
from system.errors import Code, Conflict, DataError, RagError, Unavailable
from system.models import User
from system.transactions import retried

log = logging.getLogger(__name__)

_SUFFIX_CHARS = 32
DATASETS_FOLDER = ".knowledgebase"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file: the document that has its bytes now, or why there is none.

    Files are refused, by a RagError, for what they are; an OSError is what happened to the storage.
    """

    name: str
    outcome: Outcome
    document: Document | None = None
    error: RagError | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an upload: a result for each file, in their order."""

    results: list[Result] = field(default_factory=list)

    @property
    def documents(self) -> list[Document]:
        """The document of each file that has one."""
        return [result.document for result in self.results if result.document]

    @property
    def changed(self) -> list[Document]:
        """Those that are new, or have other bytes than before."""
        skipped = Outcome.SKIPPED
        return [result.document for result in self.results if result.document and result.outcome is not skipped]

    @property
    def errors(self) -> list[tuple[str, RagError]]:
        """The names of the files that are not stored, and why."""
        return [(result.name, result.error) for result in self.results if result.error]


class NotStored(RagError):
    """The disk did not take a file; the log tells why."""

    code = Code.SERVER
    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self) -> None:
        super().__init__("The file could not be stored; try again.")


class NameTaken(Conflict):
    """Another document of the dataset has the name, whatever its case."""

    def __init__(self) -> None:
        super().__init__("Duplicated document name in the same dataset.")


def add(
    kb: Knowledgebase,
    *,
    user: User,
    files: "Iterable[UploadedFile[Any]]",
    parent_path: str = "",
    on_conflict: OnConflict = OnConflict.KEEP,
    room: quotas.Room | None = None,
) -> Uploaded:
    """Store `files` in `kb`, each on its own: one that is refused leaves nothing behind and keeps no other out.

    Once the storage does not answer, the files that are left are not tried. With nothing stored, raises ArgumentError
    for a `parent_path` that is too long, and TooLarge where the tenant has not room for all; `room` is what the caller
    holds for them already.
    """
    folder, given = labels.clean_folder(parent_path), list(files)
    with quotas.room(kb.tenant) if room is None else nullcontext(room) as held:
        held.hold(documents=len(given), size=sum(file.size or 0 for file in given))
        arriving = partial(take, kb, user=user, folder=folder, on_conflict=on_conflict, room=held)
        return _taken_in_turn(given, arriving)


def _taken_in_turn(files: "list[UploadedFile[Any]]", arriving: "Callable[..., Result]") -> Uploaded:
    uploaded = Uploaded()
    outage: Unavailable | None = None
    for file in files:
        name = file.name or ""
        try:
            if outage:
                raise outage
            result = arriving(file=file)
        except RagError as error:
            outage = error if isinstance(error, Unavailable) else None
            result = Result(name, Outcome.REFUSED, error=error)
        except OSError:
            log.exception("storing an upload of %s bytes", file.size)
            result = Result(name, Outcome.REFUSED, error=NotStored())
        uploaded.results.append(result)
    return uploaded


def add_one(kb: Knowledgebase, *, user: User, file: "StorageFile[Any]", folder: str = "") -> Document:
    """Store one file as a document of its own, shown to clients as lying in `folder`."""
    with quotas.room(kb.tenant) as room:
        room.hold(documents=1, size=file.size or 0)
        document = take(kb, user=user, file=file, room=room, folder=folder).document
    assert document is not None  # noqa: S101 -- nothing else comes of a file that is kept
    return document


def take(
    kb: Knowledgebase,
    *,
    user: User,
    file: "StorageFile[Any]",
    room: quotas.Room,
    folder: str = "",
    on_conflict: OnConflict = OnConflict.KEEP,
) -> Result:
    """Store one file, or find that it is there already; `room` is held for it.

    The blob's row comes first, pending; it goes live with the rows that need it. One that turns out not to be needed
    stays pending, for the sweeper.
    """
    arrival = Arrival(labels.clean_name(file.name or ""), folder, on_conflict, room)
    if arrival.kind is filetypes.Kind.OTHER:
        raise DataError("This type of file has not been supported yet!")
    outcome, document = arrival.judged(kb, blobs.sha256_of(file))
    if outcome is Outcome.SKIPPED:
        return Result(arrival.name, outcome, document)
    names = _free_names(kb, arrival.name)
    if outcome is not Outcome.REPLACED:
        names = chain([next(names)], names)  # where there is none, that is told before anything is stored
    blob = blobs.store(kb.tenant, file)
    while True:
        try:
            if result := _settle(kb, user=user, blob=blob, arrival=arrival, names=names):
                return result
        except IntegrityError as error:  # somebody else took the name meanwhile
            if "document_name" not in str(error):
                raise


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that is to become a document."""

    name: str
    folder: str
    on_conflict: OnConflict
    room: quotas.Room

    @property
    def kind(self) -> filetypes.Kind:
        """The type that its name tells."""
        return filetypes.kind_of(self.name)

    def judged(self, kb: Knowledgebase, sha256: str) -> tuple[Outcome, Document | None]:
        """What is to become of it; raises Duplicate."""
        if self.on_conflict is OnConflict.KEEP:
            return Outcome.KEPT, None
        return conflicts.judge(kb, name=self.name, sha256=sha256, asked=self.on_conflict)


@retried
def _settle(kb: Knowledgebase, *, user: User, blob: Blob, arrival: Arrival, names: Iterator[str]) -> Result | None:
    """The rows of a file whose bytes are stored; None where a document changed meanwhile that was to be replaced."""
    if arrival.on_conflict is not OnConflict.KEEP:
        conflicts.lock(kb)
    outcome, document = arrival.judged(kb, blob.sha256)
    if outcome is Outcome.SKIPPED:
        return Result(arrival.name, outcome, document)
    if outcome is Outcome.REPLACED and document is not None:
        document = replacing.replace(document, blob=blob, location=_location(arrival.folder, document.name))
        if document is None:
            return None
    else:
        name = arrival.name if outcome is Outcome.STORED else next(names)
        outcome = Outcome.STORED if name == arrival.name else Outcome.KEPT
        document = _record(kb, user=user, blob=blob, name=name, kind=arrival.kind, folder=arrival.folder)
    arrival.room.take(blob.size)
    return Result(arrival.name, outcome, document)


def create_empty(kb: Knowledgebase, *, user: User, name: str) -> Document:
    """A document without a file, for chunks made by hand; `name` is a `labels.typed_name`. Raises NameTaken."""
    if Document.objects.filter(kb=kb, deleted_at=None).named(name).exists():
        raise NameTaken
    try:
        with quotas.room(kb.tenant) as room:
            room.hold(documents=1, size=0)
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
        location=_location(folder, name) if blob else "",
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


def _location(folder: str, name: str) -> str:
    return "/".join(filter(None, [folder, name]))


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
        if len(candidate.encode()) > labels.NAME_BYTES:
            raise DataError("Exceed the maximum length of file name!")
        yield candidate
    raise DataError(f"No free name is left for `{name}` in this dataset.")
