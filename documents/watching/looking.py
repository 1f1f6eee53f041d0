"""One look at what changed, for all streams of a process."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from documents.models import Document
from documents.watching import changes, datasets, sights
from documents.watching.changes import Moment
from documents.watching.datasets import Summary
from documents.watching.sights import Sight
from documents.watching.streams import RESET, End, Event, Removed, Stream
from knowledgebases.models import Knowledgebase

RECHECK = 2.0  # seconds between two looks at permissions, and at those that wait
AT_FIRST = 500  # unfinished documents of a dataset that a new stream is told of
FRONT = 50  # documents of a dataset, those that were started first, whose places in line are told as they move
_COUNT_SECONDS = 1.0  # between two counts of a dataset's documents
_PERMITS = 6  # asked for again at one look, or one part in so many of them
_COUNT_SHARE = 20  # a count takes at most one part in so many of the time


class Lookout:
    """Looks; keeps what was seen of those that wait, and which datasets are to be counted."""

    def __init__(self) -> None:
        self._rechecked = 0.0
        self._permits = _Permits()
        self._counts = _Counts()
        self._waiting: dict[str, Sight] = {}
        self._paused: dict[str, bool] = {}

    def look(self, streams: Sequence[Stream]) -> None:
        """Tell all streams what changed since each was told last, and end those whose time has come.

        Raises database errors; what was not told by then is told at the next look.
        """
        now = Moment.now()  # for all: whatever is read from here on is as new, at least
        at: dict[Moment | None, list[Stream]] = defaultdict(list)
        for stream in streams:
            at[stream.position].append(stream)
        for moment, group in at.items():
            if moment is None:
                self._begin([stream for stream in group if not stream.resumed], now)
                self._begin([stream for stream in group if stream.resumed], now, RESET)
            elif moment.is_after(now):  # it is of another database
                self._begin(group, now, RESET)
            else:
                self._tell_since(moment, group, now)
        self._tell_counts(streams)
        self._permits.recheck(streams)
        if time.monotonic() - self._rechecked >= RECHECK:
            self._rechecked = time.monotonic()
            self._recheck_datasets(streams)
            self._tell_waiting(streams)

    def _tell_since(self, moment: Moment, group: Sequence[Stream], now: Moment) -> None:
        changed = changes.since(moment, {kb_id for stream in group for kb_id in stream.target.datasets})
        if changed is None:
            self._begin(group, now, RESET)
            return
        wanted = [one for one in changed if any(stream.target.wants(*one) for stream in group)]
        seen = {sight.id: sight for sight in sights.by_id([key for _, key in wanted])}
        self._counts.ask(kb_id for kb_id, _ in changed)
        for stream in group:
            own = [key for kb_id, key in wanted if stream.target.wants(kb_id, key)]
            stream.tell({key: seen.get(key) or Removed(key) for key in own}, now)

    def _begin(self, group: Sequence[Stream], now: Moment, *first: Event) -> None:
        """Tell streams how things are now: the documents they name, or those of their datasets that are unfinished."""
        named = {
            one.id: one for one in sights.by_id({key for stream in group for key in stream.target.documents or ()})
        }
        wholes = {kb_id for stream in group if stream.target.documents is None for kb_id in stream.target.datasets}
        unfinished = [one for kb_id in wholes for one in datasets.first_unfinished(kb_id, AT_FIRST)]
        self._counts.ask(wholes, at_once=True)
        for stream in group:
            own: dict[str, Event] = {f"first {place}": event for place, event in enumerate(first)}
            if stream.target.documents is None:
                own |= {one.id: one for one in unfinished if one.dataset_id in stream.target.datasets}
            else:
                own |= {key: named.get(key) or Removed(key) for key in stream.target.documents}
            stream.tell(own, now)

    def _tell_counts(self, streams: Sequence[Stream]) -> None:
        wholes = [stream for stream in streams if stream.target.documents is None]
        for summary in self._counts.due({kb_id for stream in wholes for kb_id in stream.target.datasets}):
            for stream in wholes:
                if summary.id in stream.target.datasets and stream.position is not None:
                    stream.tell({summary.id: summary}, stream.position)

    def _tell_waiting(self, streams: Sequence[Stream]) -> None:
        """Tell of those that wait where they are in line by now: it moves without them being written."""
        named = {key for stream in streams for key in stream.target.documents or ()}
        rows = [*Document.objects.in_progress().filter(pk__in=named).defer("parser_config", "meta_fields")]
        for kb_id in {
            kb_id for stream in streams if stream.target.documents is None for kb_id in stream.target.datasets
        }:
            rows += datasets.unfinished(kb_id)[:FRONT]
        waiting = {one.id: one for one in sights.of({row.pk: row for row in rows}.values()) if one.waiting}
        moved = [one for key, one in waiting.items() if _place(one) != _place(self._waiting.get(key))]
        self._waiting = waiting
        for stream in streams if moved else ():
            own: dict[str, Event] = {one.id: one for one in moved if stream.target.wants(one.dataset_id, one.id)}
            if own and stream.position is not None:
                stream.tell(own, stream.position)

    def _recheck_datasets(self, streams: Sequence[Stream]) -> None:
        """End the streams of which nothing is left; have those counted that were paused or resumed."""
        watched = {kb_id for stream in streams for kb_id in stream.target.datasets}
        live = dict(Knowledgebase.objects.live().filter(pk__in=watched).values_list("pk", "paused_at"))
        for stream in streams:
            if stream.target.datasets.isdisjoint(live):
                stream.end(End.DELETED)
        paused = {kb_id: since is not None for kb_id, since in live.items()}
        self._counts.ask(kb_id for kb_id in paused if self._paused.get(kb_id, paused[kb_id]) != paused[kb_id])
        self._paused = paused


class _Permits:
    """By what right streams watch: each is asked for again in turn, so that no look has to ask for all."""

    def __init__(self) -> None:
        self._asked: dict[str, float] = {}

    def recheck(self, streams: Sequence[Stream]) -> None:
        """End the streams of those who may not watch any more, as far as it is their turn."""
        groups: dict[str, list[Stream]] = defaultdict(list)
        for stream in streams:
            groups[stream.permit.key].append(stream)
        now = time.monotonic()
        self._asked = {key: self._asked.get(key, now) for key in groups}  # a new one was asked for when it began
        turn = sorted(groups, key=lambda key: self._asked[key])[: max(_PERMITS, len(groups) // _PERMITS)]
        for key in turn:
            if now - self._asked[key] >= RECHECK:
                self._asked[key] = now
                _end_forbidden(groups[key])


def _end_forbidden(group: Sequence[Stream]) -> None:
    reachable = set(group[0].permit.reachable({kb_id for stream in group for kb_id in stream.target.datasets}))
    for stream in group:
        if stream.target.datasets.isdisjoint(reachable):
            stream.end(End.UNREACHABLE)


class _Counts:
    """Which datasets are to be counted, and when: large ones less often."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._at_once: set[str] = set()
        self._next: dict[str, float] = {}
        self._found: dict[str, Summary] = {}

    def ask(self, kb_ids: Iterable[str], *, at_once: bool = False) -> None:
        """Have datasets counted; somebody is waiting for it where it is to be `at_once`."""
        for kb_id in kb_ids:
            self._asked.add(kb_id)
            if at_once:
                self._at_once.add(kb_id)
                self._next.pop(kb_id, None)

    def due(self, watched: Collection[str]) -> list[Summary]:
        """Counts of those that were asked for, are watched, and whose time has come."""
        found = []
        for kb_id in {*self._asked, *self._next}.difference(watched):
            self._forget(kb_id)
        for kb_id in sorted(self._asked):
            began = time.monotonic()
            if began >= self._next.get(kb_id, 0.0):
                self._asked.discard(kb_id)
                summary = datasets.summary(kb_id)
                if summary and (summary != self._found.get(kb_id) or kb_id in self._at_once):
                    found.append(summary)
                    self._found[kb_id] = summary
                self._at_once.discard(kb_id)
                took = time.monotonic() - began
                self._next[kb_id] = began + max(_COUNT_SECONDS, _COUNT_SHARE * took)
        return found

    def _forget(self, kb_id: str) -> None:
        self._asked.discard(kb_id)
        self._at_once.discard(kb_id)
        self._next.pop(kb_id, None)
        self._found.pop(kb_id, None)


def _place(sight: Sight | None) -> tuple[object, ...]:
    """What moves of a document that waits."""
    waits = sight and sight.waiting
    return (waits.kind, waits.position, waits.next_try) if waits else ()
