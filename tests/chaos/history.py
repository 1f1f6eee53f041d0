"""What may change between one moment and the next, and what may not."""

from collections.abc import Iterator

from tests.chaos.state import Document, Snapshot, Task

FINAL = {"done", "failed", "canceled"}


class History:
    """Compares each snapshot with the one before."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None

    def broken(self, now: Snapshot) -> Iterator[tuple[str, str, str]]:
        """What should not have happened since the last snapshot: rule, subject, detail."""
        last, self._last = self._last, now
        if last is None:
            return
        for key, task in now.tasks.items():
            if before := last.tasks.get(key):
                yield from _task(before, task)
        for pk, document in now.documents.items():
            if former := last.documents.get(pk):
                yield from _document(former, document)


def _task(before: Task, now: Task) -> Iterator[tuple[str, str, str]]:
    subject = f"task {now.id}"
    if before.state in FINAL and now.state != before.state:
        yield "what has ended does not run again", subject, f"{before.state}, then {now.state}"
    if before.state in FINAL and (now.claims, now.fence) != (before.claims, before.fence):
        yield "what has ended is not claimed again", subject, f"{before.claims} claims, then {now.claims}"
    if now.state == "running" and now.fence < before.fence:
        yield "fences grow", subject, f"{before.fence}, then {now.fence}"
    if now.state == before.state == "running" and now.fence == before.fence and now.owner != before.owner:
        yield "a fence has one owner", subject, f"{before.owner}, then {now.owner}"
    if any(new < old for new, old in ((now.claims, before.claims), (now.lost, before.lost))):
        yield "claims and losses add up", subject, f"{before.claims}, {before.lost}; then {now.claims}, {now.lost}"
    if now.progress < before.progress and now.progress != -1:
        yield "progress never goes back", subject, f"{before.progress}, then {now.progress}"


def _document(before: Document, now: Document) -> Iterator[tuple[str, str, str]]:
    if now.gen < before.gen or now.published < before.published:
        detail = f"{before.gen} and {before.published}, then {now.gen} and {now.published}"
        yield "generations never go back", now.id, detail
    if now.living and not before.living:
        yield "what is deleted stays deleted", now.id, "lives again"
    if now.run == before.run == "1" and now.gen == before.gen and now.progress < before.progress:
        yield "progress never goes back", now.id, f"gen {now.gen}: {before.progress}, then {now.progress}"
