"""What the site has promised its users: each acknowledged deed, until the next one on the same document begins."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Promise(StrEnum):
    """What an answer has told of a document."""

    STORED = "is stored"
    STARTED = "is parsed, or will be"
    CANCELED = "stays canceled"
    DELETED = "is gone"


@dataclass(eq=False)
class Entry:
    """A document as its user knows it. Only that user writes; who compares looks at it before and after."""

    id: str
    dataset: str
    paper: str
    name: str
    promise: Promise | None = Promise.STORED
    deeds: int = 0  # begun or ended: an odd number while one is under way
    edited: dict[str, str] = field(default_factory=dict)  # chunk -> text
    added: dict[str, str] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)  # chunks that an edit without an answer may have changed
    vague: bool = False  # a request was given up: it may still be carried out some time


class Ledger:
    """All documents of all users."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self.deeds: dict[str, int] = defaultdict(int)
        self.refused: dict[str, int] = defaultdict(int)

    def note(self, entry: Entry) -> Entry:
        """Take in a document that is stored."""
        with self._lock:
            self._entries[entry.id] = entry
        return entry

    def count(self, deed: str, *, refused: bool = False) -> None:
        """A deed that was answered."""
        with self._lock:
            (self.refused if refused else self.deeds)[deed] += 1

    def all(self) -> list[Entry]:
        """Every document there ever was."""
        with self._lock:
            return list(self._entries.values())

    def standing(self) -> Mapping[str, "Standing"]:
        """What holds now: of documents that nothing is being done to."""
        return {
            entry.id: Standing(entry.deeds, entry.promise, {**entry.edited, **entry.added})
            for entry in self.all()
            if not entry.deeds % 2 and entry.promise and not entry.vague
        }

    def kept(self, before: Mapping[str, "Standing"]) -> Mapping[str, "Standing"]:
        """Of what stood `before`, that which has stood all the time since."""
        now = self.standing()
        return {key: standing for key, standing in before.items() if now.get(key) == standing}


@dataclass(frozen=True, slots=True)
class Standing:
    """A promise, the texts of chunks that were acknowledged, and after how many deeds that was."""

    deeds: int
    promise: Promise
    texts: Mapping[str, str]


@contextmanager
def deed(entries: list[Entry]) -> Iterator[None]:
    """While something is done to documents, nothing is promised of them."""
    for entry in entries:
        entry.deeds += 1
        entry.promise = None
    try:
        yield
    finally:
        for entry in entries:
            entry.deeds += 1
