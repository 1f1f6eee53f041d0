"""What the chunks of a document are made from: while that is the same, parsing again makes the same (contract E.5)."""

import hashlib
import json
from typing import Any

from documents.models import Document, Run

EDITION = 3  # to be raised when parsers or chunkers make other chunks of the same bytes: parsing again is worth it then
_ELSEWHERE = ("raptor", "graphrag")  # parts of a config that jobs of their own read


def recipe(document: Document) -> str:
    """Digest of all that decides which chunks parsing `document` makes: bytes, dataset, method, config, model."""
    kb = document.kb
    return _digest([EDITION, document.sha256, kb.pk, kb.language, kb.embd_id, document.parser_id, _config(document)])


def cutting(document: Document) -> str:
    """Digest of all that decides how a text is cut: method, config, and the model that counts tokens."""
    return _digest([EDITION, document.kb.embd_id, document.parser_id, _config(document)])


def unchanged(document: Document) -> bool:
    """Whether `document` is done, from what it would be made from now."""
    return document.run == Run.DONE and document.published_recipe == recipe(document)


def _config(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.parser_config.items() if key not in _ELSEWHERE}


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
