"""What the documents must hold: the chunks of an undisturbed parse, and what their users were promised."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

import xxhash

from tests.chaos.ledger import Promise, Standing
from tests.chaos.state import Document, Snapshot

KEPT = {
    Promise.STORED: {"UNSTART", "RUNNING", "CANCEL", "DONE", "FAIL"},
    Promise.STARTED: {"RUNNING", "DONE", "FAIL"},
    Promise.CANCELED: {"CANCEL"},
    Promise.DELETED: {"deleted"},
}
RUNS = {"0": "UNSTART", "1": "RUNNING", "2": "CANCEL", "3": "DONE", "4": "FAIL"}


class Expected:
    """Compares documents with `texts`: of each paper, the chunks that came out of it in peace."""

    def __init__(self, texts: Mapping[str, list[str]]) -> None:
        self.texts = texts
        self.digest = cache(self._digest)

    def ids(self, document: str, paper: str) -> dict[str, str]:
        """The chunks that a document made of `paper` has: id -> text.

        Ids follow from text and document (contract A.7); a text that occurs again has its number mixed in.
        """
        seen: Counter[str] = Counter()
        found = {}
        for text in self.texts[paper]:
            again = f"#{seen[text]}" if seen[text] else ""
            found[xxhash.xxh64_hexdigest(f"{text}{document}{again}".encode())] = text
            seen[text] += 1
        return found

    def broken(self, now: Snapshot, kept: Mapping[str, Standing]) -> Iterator[tuple[str, str, str]]:
        """What is missing, too much, or other than promised: rule, subject, detail."""
        for document in now.documents.values():
            yield from self._contents(document)
        for pk, standing in kept.items():
            yield from _promised(now, pk, standing)

    def _contents(self, document: Document) -> Iterator[tuple[str, str, str]]:
        paper = paper_of(document)
        if not document.living or paper not in self.texts:
            return
        count, digest = (0, None) if not document.published else self.digest(document.id, paper)
        if (document.chunks, document.digest) == (count, digest):
            return
        rule = "a passage is published twice" if document.chunks > count else "a published passage is lost"
        yield rule, document.id, f"{document.chunks} chunks instead of {count}: {document}"

    def _digest(self, document: str, paper: str) -> tuple[int, str | None]:
        ids = sorted(self.ids(document, paper))
        return len(ids), hashlib.md5(",".join(ids).encode()).hexdigest() if ids else None


def paper_of(document: Document) -> str:
    """The paper that a document was made of: the end of its name."""
    return document.name.rsplit("-", 1)[-1] if document.name.count("-") == 2 else document.name


def _promised(now: Snapshot, pk: str, standing: Standing) -> Iterator[tuple[str, str, str]]:
    found = now.documents.get(pk)
    run = RUNS[found.run] if found and found.living else "deleted"
    if run not in KEPT[standing.promise]:
        yield f"promised: a document {standing.promise}", pk, f"{run}: {found}"
    if run == "deleted":
        return
    for chunk, text in standing.texts.items():
        if (is_now := now.hands.get((pk, chunk))) != text:
            yield "promised: what people wrote is kept", f"{pk}/{chunk}", f"{text!r} became {is_now!r}"
