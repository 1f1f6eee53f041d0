"""Changing a document: its name, metadata, config, chunk method, and whether it is searched."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from documents import filetypes, labels, queueing, uploads
from documents.models import DeletedChunk, Document, File, Run
from documents.progress import locked
from documents.vectors import title_of
from knowledgebases import indexing, parser_config
from knowledgebases.models import Chunk, Method
from system.errors import ArgumentError, DataError, NotFound, TooLarge
from system.transactions import retried

# Methods that a document may change to (contract B.2); the others are given by the kind of a file.
METHODS = tuple(method.value for method in Method if method not in {Method.RESUME, Method.AUDIO})
_SLIDES = {"ppt", "pptx", "pages"}
BATCH = 500
JSON_CHARS = 65_535  # of metadata or config, as for the config of a dataset


@dataclass(frozen=True, slots=True)
class Change:
    """New values of a document; None leaves what is there."""

    name: str | None = None
    meta_fields: Mapping[str, Any] | None = None
    parser_config: Mapping[str, Any] | None = None
    """Merged into the document's own; empty together with `method`: the default of that method is."""
    method: str | None = None
    enabled: bool | None = None
    anew: bool = False
    """Take the chunks away where the config differs afterwards, as another method does anyway."""


@retried
def change(document: Document, wanted: Change) -> Document:
    """Apply `wanted` to a document as a whole, or not at all; returns the document as it is then.

    Another chunk method takes the chunks away and puts the document back to UNSTART; another name is searched for at
    once. Raises ArgumentError, DataError, TooLarge and NameTaken for values that cannot be, NotFound where the document
    has gone.
    """
    current = locked(document.pk)
    if current is None:
        raise NotFound("The dataset doesn't own the document.")
    if wanted.name is not None and wanted.name != current.name:
        _rename(current, wanted.name)
    if wanted.meta_fields is not None:
        current.meta_fields = _sized("meta_fields", dict(wanted.meta_fields))
    _configure(current, wanted)
    if wanted.enabled is not None:
        current.enabled = wanted.enabled
    current.save()
    current.refresh_from_db(fields=["chunk_num", "token_num"])
    return current


@retried
def switch(document_ids: Collection[str], *, enabled: bool) -> list[str]:
    """Have searches find the chunks of living documents, or not; returns the ids of those there are."""
    rows = Document.objects.live().filter(pk__in=document_ids).order_by("pk")
    found = list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    Document.objects.filter(pk__in=found).update(enabled=enabled, updated_at=timezone.now())
    return found


def merged(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` merged into a document's `stored` config (contract B.2, rule M): RAPTOR stays only where it is given."""
    config = parser_config.merge(stored, given)
    if not given.get("raptor"):
        config.pop("raptor", None)
    return config


def _sized(name: str, value: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(value, ensure_ascii=False))
    if size > JSON_CHARS:
        raise TooLarge(f"`{name}` of a document may have {JSON_CHARS:,} characters as JSON; this would be {size:,}.")
    return value


def check_suffix(document: Document, name: str) -> None:
    """Raise ArgumentError where `name` has another suffix than the document."""
    if filetypes.suffix_of(name) != filetypes.suffix_of(document.name):
        raise ArgumentError("The extension of file can't be changed", data=False)


def _rename(document: Document, name: str) -> None:
    labels.check_length(name)
    check_suffix(document, name)
    name = labels.typed_name(name)
    others = Document.objects.filter(kb=document.kb_id, deleted_at=None).named(name)
    if others.exclude(pk=document.pk).exists():
        raise uploads.NameTaken
    document.name = name
    try:
        document.save(update_fields=["name"])
    except IntegrityError as error:  # somebody else took the name just now
        if "document_name" in str(error):
            raise uploads.NameTaken from None
        raise
    File.objects.filter(pk=document.file_id).update(name=name)
    _retitle(document)


def _retitle(document: Document) -> None:
    """Let the document's parsed chunks be found by its new name; those that people added carry no title."""
    title = title_of(document)
    keys = list(Chunk.objects.filter(document=document, added=False).values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        chunks = Chunk.objects.filter(pk__in=keys[start : start + BATCH])
        indexing.index_terms(document.kb, dict.fromkeys(chunks, title))


def _configure(document: Document, wanted: Change) -> None:
    """Another method, another config; chunks that were cut by the ones before go where they have to."""
    method, config = document.parser_id, document.parser_config
    if wanted.method is not None:
        _check_method(document, wanted.method)
        document.parser_id = wanted.method
    if given := wanted.parser_config or (parser_config.default(wanted.method) if wanted.method else None):
        document.parser_config = _sized("parser_config", merged(config, given))
    if document.parser_id != method or (wanted.anew and document.parser_config != config):
        _start_over(document)


def _check_method(document: Document, method: str) -> None:
    if method not in METHODS:
        raise DataError(f"`chunk_method` {method} doesn't exist")
    if document.type == filetypes.Kind.VISUAL or document.suffix in _SLIDES:
        raise DataError("Not supported yet!")


def _start_over(document: Document) -> None:
    queueing.cancel_open([document])
    Chunk.objects.filter(document=document).delete()
    DeletedChunk.objects.filter(document=document).delete()
    document.run, document.progress, document.progress_msg = Run.UNSTART, 0, ""
    document.published_gen, document.published_recipe = 0, ""
