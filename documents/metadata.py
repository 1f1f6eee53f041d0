"""What the metadata of documents hold (contract C.4); `knowledgebases.conditions` narrow searches by them."""

import json
from collections.abc import Sequence
from typing import Any

from documents.models import Document
from knowledgebases.models import Knowledgebase


def gathered(kbs: Sequence[Knowledgebase]) -> dict[str, dict[str, list[str]]]:
    """Fields in the metadata of the living documents of `kbs`, their values as text, and the ids that have each.

    The items of a list are values of their own.
    """
    found: dict[str, dict[str, list[str]]] = {}
    rows = Document.objects.live().filter(kb__in=kbs).exclude(meta_fields={}).order_by("-created_at", "pk")
    for pk, fields in rows.values_list("pk", "meta_fields").iterator(chunk_size=2000):
        for name, value in fields.items():
            values = value if isinstance(value, list) else [value]
            for text in dict.fromkeys(map(_spelled, values)):
                found.setdefault(name, {}).setdefault(text, []).append(pk)
    return found


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
