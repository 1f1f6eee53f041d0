"""Questions as somebody wrote them down, before it is looked up what they name."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from documents.models.question import BEST, KEY_CHARS, QUESTION_CHARS
from system.errors import ArgumentError, TooLarge

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
SHOWN = 64  # characters of a value in a message
JUDGEMENTS = 200_000  # of one request


@dataclass(frozen=True, slots=True)
class Named:
    """What answers a question: a document by id, name, or name without suffix; or a chunk by id."""

    name: str
    grade: int
    chunk: bool
    where: str
    """Where it was read, for messages: `line 3 of qrels.tsv`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question, and what answers it."""

    key: str
    text: str
    named: Sequence[Named]


def draft(*, key: Any, text: Any, named: Sequence[Named], where: str) -> Draft:
    """A question that can be kept. Without a key, the text is what it is known by.

    Raises ArgumentError where it cannot: no text, too long, nothing that answers it, or chunks and documents mixed (a
    search is judged by the one or by the other).
    """
    text = text_of(text, where=where, what="question", limit=QUESTION_CHARS)
    if key in (None, ""):
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
    key = label_of(str(key) if isinstance(key, int) else key, where=where, what="id", limit=KEY_CHARS)
    if not named:
        raise ArgumentError(f"{where}: the question {key[:SHOWN]!r} names nothing that answers it.")
    if len({one.chunk for one in named}) > 1:
        raise ArgumentError(f"{where}: the question {key[:SHOWN]!r} names documents and chunks; name one or the other.")
    return Draft(key, text, named)


def named(value: Any, grade: Any, *, chunk: bool, where: str) -> Named:
    """What answers a question. Raises ArgumentError where it is no text, or its grade no grade."""
    what = "chunk" if chunk else "document"
    return Named(text_of(value, where=where, what=what, limit=255), grade_of(grade, where=where), chunk, where)


def refuse_many(judgements: int) -> None:
    """Raise TooLarge where these are more than one request may bring."""
    if judgements > JUDGEMENTS:
        raise TooLarge(f"A request may bring {JUDGEMENTS:,} judgements, and this one brings more. Send several.")


def grade_of(value: Any, *, where: str) -> int:
    """A whole number from 0 to BEST; other programs write 1.0, too. Raises ArgumentError."""
    try:
        number = 0.5 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = 0.5
    if not (0 <= number <= BEST and number.is_integer()):
        raise ArgumentError(f"{where}: the grade {str(value)[:SHOWN]!r} is no whole number from 0 to {BEST}.")
    return int(number)


def label_of(value: Any, *, where: str, what: str, limit: int) -> str:
    """A text of one line, in which each character shows. Raises ArgumentError."""
    label = text_of(value, where=where, what=what, limit=limit)
    if not label.isprintable():
        raise ArgumentError(f"{where}: the {what} holds a line break or another character that does not show.")
    return label


def text_of(value: Any, *, where: str, what: str, limit: int) -> str:
    """A text, trimmed. Raises ArgumentError where it is none, empty, too long, or holds what no column can keep."""
    if not isinstance(value, str) or not value.strip():
        raise ArgumentError(f"{where}: the {what} is missing, or is no text.")
    text = value.strip()
    if len(text) > limit:
        raise ArgumentError(f"{where}: the {what} has {len(text):,} characters, and may have {limit:,}.")
    if _UNSTORABLE.search(text):
        raise ArgumentError(f"{where}: the {what} holds a NUL character or an unpaired surrogate; take it out.")
    return text
