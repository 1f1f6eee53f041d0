"""Waiting until documents are finished, for scripts that would rather not ask again and again."""

import time
from types import TracebackType
from typing import Self

from documents.models import Document
from documents.watching.datasets import Summary
from documents.watching.hub import hub
from documents.watching.sights import Sight
from documents.watching.streams import Event, Permit, Stream, Target
from system.transactions import let_go

_ASKED_SECONDS = 5.0  # at the latest it is looked again whether they are finished


class Wait:
    """A wait of at most `seconds` until nothing of `target` is under way; holds no connection meanwhile.

    To be entered before what is waited for is begun: raises TooMany where as many watch as may.
    """

    def __init__(self, target: Target, permit: Permit, seconds: float) -> None:
        self.target = target
        self._permit = permit
        self._seconds = seconds
        self._stream: Stream | None = None

    def __enter__(self) -> Self:
        if self._seconds > 0:
            self._stream = hub.join(self.target, self._permit)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream:
            hub.leave(self._stream)

    def under_way(self) -> bool:
        """Whether anything waits or is being worked on at this moment."""
        rows = Document.objects.in_progress().filter(kb__in=self.target.datasets)
        if self.target.documents is not None:
            rows = rows.filter(pk__in=self.target.documents)
        return rows.exists()

    def until_finished(self) -> bool:
        """Wait; returns whether something is still under way.

        Ends early where this process stops, or the right to watch ends.
        """
        until = time.monotonic() + self._seconds
        over = False
        while (under_way := self.under_way()) and self._stream and not over:
            let_go()
            over = _over(self._stream, until)
        return under_way


def _over(stream: Stream, until: float) -> bool:
    """Wait until something may have finished; returns whether it was the last wait."""
    asked = min(until, time.monotonic() + _ASKED_SECONDS)
    while (left := asked - time.monotonic()) > 0:
        batch = stream.take(left)
        if batch.end or not all(map(_goes_on, batch.events)):
            return batch.end is not None
    return time.monotonic() >= until


def _goes_on(event: Event) -> bool:
    """Whether it tells of progress alone: no reason to ask the database, several times a second for each wait."""
    return isinstance(event, Sight | Summary) and event.under_way
