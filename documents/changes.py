"""Changing a document: its name, metadata, config, chunk method, and whether it is searched."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError

from documents import filetypes, queueing, uploads
from documents.models import Document, File, Run
from documents.progress import locked
from documents.vectors import title_of
from knowledgebases import indexing, parser_config
from knowledgebases.models import Chunk, Method
from system.errors import ArgumentError, Conflict, DataError, NotFound, TooLarge
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


@retried
def change(document: Document, wanted: Change) -> Document:
    """Apply `wanted` to a document as a whole, or not at all; returns the document as it is then.

    Another chunk method takes the chunks away and puts the document back to UNSTART; another name is searched for at
    once. Raises ArgumentError, DataError, TooLarge and Conflict for values that cannot be, NotFound where the document
    has gone.
    """
    current = locked(document.pk)
    if current is None:
        raise NotFound("The dataset doesn't own the document.")
    if wanted.name is not None and wanted.name != current.name:
        _rename(current, wanted.name)
    if wanted.method is not None:
        _check_method(current, wanted.method)
    if wanted.meta_fields is not None:
        current.meta_fields = _sized("meta_fields", dict(wanted.meta_fields))
    if config := wanted.parser_config or (parser_config.default(wanted.method) if wanted.method else None):
        current.parser_config = _sized("parser_config", merged(current.parser_config, config))
    if wanted.method is not None and wanted.method != current.parser_id:
        _switch_method(current, wanted.method)
    if wanted.enabled is not None:
        current.enabled = wanted.enabled
    current.save()
    current.refresh_from_db(fields=["chunk_num", "token_num"])
    return current


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


def _rename(document: Document, name: str) -> None:
    if len(name.encode()) > uploads.NAME_BYTES:
        raise ArgumentError("File name must be 255 bytes or less.")
    if filetypes.suffix_of(name) != filetypes.suffix_of(document.name):
        raise ArgumentError("The extension of file can't be changed")
    name = uploads.clean_name(name)
    others = Document.objects.filter(kb=document.kb_id, deleted_at=None).named(name)
    if others.exclude(pk=document.pk).exists():
        raise _duplicate()
    document.name = name
    try:
        document.save(update_fields=["name"])
    except IntegrityError as error:  # somebody else took the name just now
        if "document_name" in str(error):
            raise _duplicate() from None
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


def _check_method(document: Document, method: str) -> None:
    if method not in METHODS:
        raise DataError(f"`chunk_method` {method} doesn't exist")
    if document.type == filetypes.Kind.VISUAL or document.suffix in _SLIDES:
        raise DataError("Not supported yet!")


def _switch_method(document: Document, method: str) -> None:
    queueing.cancel_open([document])
    Chunk.objects.filter(document=document).delete()
    document.parser_id = method
    document.run, document.progress, document.progress_msg = Run.UNSTART, 0, ""
    document.published_gen = 0


def _duplicate() -> Conflict:
    return Conflict("Duplicated document name in the same dataset.")
