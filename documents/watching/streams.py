"""A stream of what changes: one watcher, what it watches, and what it has not been told yet."""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from documents.watching.changes import Moment
from documents.watching.datasets import Summary
from documents.watching.sights import Sight


class Permit(Protocol):
    """By what right somebody watches, to be asked again while they do."""

    @property
    def user_id(self) -> str:
        """Whose stream it is."""

    @property
    def key(self) -> str:
        """The same for streams of which one answer holds for all."""

    def reachable(self, datasets: Collection[str]) -> Collection[str]:
        """Those of `datasets` that may be watched at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is watched: datasets as a whole, or `documents` of them."""

    datasets: frozenset[str]
    documents: frozenset[str] | None = None

    def wants(self, kb_id: str, document_id: str) -> bool:
        """Whether it is one of ours."""
        return kb_id in self.datasets and (self.documents is None or document_id in self.documents)


@dataclass(frozen=True, slots=True)
class Removed:
    """A document that is gone."""

    id: str


class Reset:
    """More has changed than is told: load everything anew."""


RESET = Reset()
MOST = 5000  # things that changed and were not taken: whoever is that far behind does not read
Event = Sight | Removed | Summary | Reset


class End:
    """Why a stream ends."""

    DELETED = "deleted"  # what was watched is gone
    UNREACHABLE = "unreachable"  # the right to watch it is
    STOPPING = "stopping"  # the server is: come back at once
    TIME = "time"  # it has lasted long enough: come back at once
    BEHIND = "behind"  # the client does not read


@dataclass(frozen=True, slots=True)
class Batch:
    """What is new, in order. Who has taken it all may go on from `until`; None: nothing can be said of that."""

    events: list[Event] = field(default_factory=list)
    until: Moment | None = None
    end: str | None = None


class Stream:
    """One watcher's share of what changes: kept, the last state of each thing alone, until it is taken.

    `since` is where to go on; None: from the beginning, that is, from the state of now. `resumed` tells that somebody
    comes back, who has to be told where that is not possible.
    """

    def __init__(self, target: Target, permit: Permit, since: Moment | None = None, *, resumed: bool = False) -> None:
        self.target = target
        self.permit = permit
        self.position = since
        self.resumed = resumed
        self._left = set(target.documents or ())
        self._fresh: dict[str, Event] = {}
        self._end: str | None = None
        self._told = False
        self._changed = threading.Condition()

    def tell(self, events: dict[str, Event], until: Moment) -> None:
        """Keep `events`, by what they are about, to be taken; with them everything up to `until` has been told."""
        with self._changed:
            for key, event in events.items():
                self._fresh.pop(key, None)  # the newest state, at the place of the newest
                self._fresh[key] = event
                if isinstance(event, Removed):
                    self._left.discard(event.id)
            self.position, self._told = until, True
            if self.target.documents is not None and not self._left:
                self._end = self._end or End.DELETED
            if len(self._fresh) > MOST:
                self._end = self._end or End.BEHIND
            self._changed.notify()

    def end(self, why: str) -> None:
        """Nothing more will be told."""
        with self._changed:
            self._end = self._end or why
            self._changed.notify()

    def begin(self, timeout: float) -> None:
        """Wait until anything was told, if only that there is nothing to tell; for `timeout` seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._told or self._end, timeout)

    def take(self, timeout: float) -> Batch:
        """What is new, as soon as there is anything; nothing after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._fresh or self._end, timeout)
            batch = Batch([*self._fresh.values()], self.position, self._end)
            self._fresh.clear()
            return batch
