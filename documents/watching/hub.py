"""The streams of a web process, and the one thread that looks for what changes.

While there are streams it asks the database every TICK seconds what changed in the datasets that are watched, once
for all of them, reads those documents, and hands them out. So a stream costs a thread that sleeps and no connection,
and what two hundred streams cost the database is what one costs.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error, connection

from documents.watching.changes import Moment
from documents.watching.looking import Lookout
from documents.watching.streams import End, Permit, Stream, Target
from system.errors import TooMany, Unavailable

log = logging.getLogger(__name__)

TICK = 0.15  # seconds between two looks
LINGER = 5.0  # seconds that the thread, and its connection, stay without streams
_OUTAGE_SECONDS = 1.0  # between two looks while the database is away


class Hub:
    """All streams of this process."""

    def __init__(self) -> None:
        self.stopping: Callable[[], bool] = lambda: False
        """Whether this process is to end; asked at every look."""
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._look = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def watch(self, target: Target, permit: Permit) -> Iterator[Stream]:
        """A stream, as long as it is wanted; raises as `join` does."""
        stream = self.join(target, permit)
        try:
            yield stream
        finally:
            self.leave(stream)

    def join(self, target: Target, permit: Permit, since: Moment | None = None, *, resumed: bool = False) -> Stream:
        """A stream, until its owner calls `leave`; `since` and `resumed` as it knows them.

        Raises TooMany where there are as many as there may be, Unavailable where this process is to end.
        """
        stream = Stream(target, permit, since, resumed=resumed)
        with self._lock:
            self._admit(permit)
            self._streams.add(stream)
            self._closed = False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
                self._thread.start()
        self._look.set()
        return stream

    def leave(self, stream: Stream) -> None:
        """Forget a stream; twice is no harm."""
        with self._lock:
            self._streams.discard(stream)

    def close(self) -> None:
        """End all streams, and wait for the thread to end; the next stream begins anew."""
        with self._lock:
            thread, self._closed = self._thread, True
            streams = [*self._streams]
            self._streams.clear()
        for stream in streams:
            stream.end(End.STOPPING)
        self._look.set()
        if thread:
            thread.join(LINGER)

    def __len__(self) -> int:
        return len(self._streams)

    def _admit(self, permit: Permit) -> None:
        if self.stopping():
            raise Unavailable("This server is stopping; try again.", headers={"Retry-After": "1"})
        own = sum(stream.permit.user_id == permit.user_id for stream in self._streams)
        if own >= settings.RAG_STREAMS_PER_USER:
            raise TooMany(
                f"You have {own} streams and waits open here, as many as one user may. Close one of them first.",
                headers={"Retry-After": "5"},
            )
        if len(self._streams) >= settings.RAG_STREAMS:
            raise TooMany("This server has as many streams open as it serves; try again.", headers={"Retry-After": "5"})

    def _run(self) -> None:
        lookout = Lookout()
        watched = time.monotonic()
        try:
            while True:
                self._look.wait(TICK)
                self._look.clear()
                with self._lock:
                    streams = [*self._streams]
                    if not streams and (self._closed or time.monotonic() - watched > LINGER):
                        self._thread = None
                        return
                if streams:
                    watched = time.monotonic()
                    self._hand_out(lookout, streams)
        finally:
            connection.close()

    def _hand_out(self, lookout: Lookout, streams: list[Stream]) -> None:
        """One look. Where it fails nothing is lost: each stream stays at the moment it was at."""
        if self.stopping():
            for stream in streams:
                stream.end(End.STOPPING)
            return
        try:
            lookout.look(streams)
        except Error as error:
            log.warning("watching: the database is not available, looked for again: %s", error)
            connection.close()
            time.sleep(_OUTAGE_SECONDS)
        except Exception:  # a look that fails does not end the streams of everybody
            log.exception("watching")
            time.sleep(_OUTAGE_SECONDS)


hub = Hub()
