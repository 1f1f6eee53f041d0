"""Checks of what people send of a chunk, the same in both APIs (contract B.3, C.6)."""

from dataclasses import replace
from typing import Any

from documents import pairs
from documents.editing import Change
from documents.models import Document
from knowledgebases.models import Method
from system.errors import ArgumentError, TooLarge
from system.rest.pagination import integer
from system.rest.refusing import Check, type_error

CONTENT_CHARS = 100_000  # of a chunk that somebody types in: far beyond what any model embeds
LIST_ITEMS = 1000  # keywords, questions or tags of a chunk


def addable(content: Any) -> str:
    """The content of a new chunk."""
    if not isinstance(content, str):
        raise type_error(f"unsupported operand type(s) for +: {type(content).__name__!r} and 'str'")
    return _short(content)


def replacing(content: Any) -> str:
    """The new content of a chunk; one that is no text is told otherwise than that of a new chunk."""
    if not isinstance(content, str):
        raise type_error("expected string or bytes-like object")
    return _short(content)


def few(values: list[str]) -> list[str]:
    """Texts that are not too many, nor too long together."""
    if len(values) > LIST_ITEMS or sum(map(len, values)) > CONTENT_CHARS:
        raise TooLarge(
            f"A chunk may have {LIST_ITEMS} keywords, questions or tags of {CONTENT_CHARS} characters in all."
        )
    return values


def availability(name: str) -> Check:
    """Whether searches are to find a chunk: 1 or 0, as number, text or boolean."""

    def check(value: Any) -> bool:
        if isinstance(value, str):
            return bool(integer(value))
        if not isinstance(value, int | float):
            raise ArgumentError(f"`{name}` should be 0 or 1.")
        return bool(int(value))

    return check


def of_method(wanted: Change, document: Document) -> Change:
    """A change to a chunk of `document`, with its content in the form that the document's method gives it."""
    if wanted.content is None or document.parser_id != Method.QA:
        return wanted
    return replace(wanted, content=pairs.joined(wanted.content))


def _short(content: str) -> str:
    if len(content) > CONTENT_CHARS:
        raise TooLarge(f"A chunk may have {CONTENT_CHARS} characters; this one has {len(content)}. Split it.")
    return content
