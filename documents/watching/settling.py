"""Waiting until documents are finished, for scripts that would rather not ask again and again."""

import time
from types import TracebackType
from typing import Self

from documents.models import Document
from documents.watching.hub import hub
from documents.watching.streams import Permit, Stream, Target
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
        while under_way := self.under_way():
            left = until - time.monotonic()
            if self._stream is None or left <= 0:
                break
            let_go()
            if self._stream.take(min(left, _ASKED_SECONDS)).end:
                return self.under_way()
        return under_way
