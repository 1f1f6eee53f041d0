"""Hits the processes of a site as planned, and measures how long the site takes to be itself again."""

import contextlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import psutil

from tests.chaos.parts import Parts, alive, chosen
from tests.chaos.plan import Blow, Fault, Part

LOOK = 0.1  # seconds between two looks for a victim that is not there just now
PATIENCE = 1.5  # seconds that one waits for it; then somebody else is hit
# Who is hit instead.
OTHERS = (Part.HORSE, Part.PARSER, Part.WORKER, Part.WEB, Part.SWEEPER, Part.BACKEND, Part.VALKEY)


class Faults(threading.Thread):
    """Deals `blows`, one after the other, until `enough`; `struck` is told who was hit, with the horses concerned."""

    def __init__(
        self, parts: Parts, blows: Iterator[Fault], enough: threading.Event, struck: Callable[[Part, set[int]], None]
    ) -> None:
        super().__init__(name="faults", daemon=True)
        self._parts = parts
        self._blows = blows
        self._enough = enough
        self._struck = struck
        self._stopped: list[tuple[float, psutil.Process]] = []
        self.dealt: Counter[tuple[Part, Blow]] = Counter()
        self.error = ""

    @property
    def count(self) -> int:
        """How many blows fell."""
        return self.dealt.total()

    def run(self) -> None:
        try:
            for fault in self._blows:
                if self._wait(fault.after):
                    break
                self._deal(fault)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._let_go(everybody=True)

    def _wait(self, seconds: float) -> bool:
        """Whether it is enough; meanwhile those who were stopped long enough go on."""
        until = time.monotonic() + seconds
        while not self._enough.is_set() and (left := until - time.monotonic()) > 0:
            self._let_go()
            self._enough.wait(min(LOOK, left))
        return self._enough.is_set()

    def _deal(self, fault: Fault) -> None:
        part, victim = self._victim(fault)
        if part is None or victim is None:
            return
        horses = self._parts.horse_of(part, victim)
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGKILL if fault.blow is Blow.KILL else signal.SIGSTOP)
            self.dealt[part, fault.blow] += 1
            self._struck(part, horses)
            if fault.blow is Blow.STOP:
                self._stopped.append((time.monotonic() + fault.stopped, victim))

    def _victim(self, fault: Fault) -> tuple[Part | None, psutil.Process | None]:
        until = time.monotonic() + PATIENCE
        while True:
            found = self._parts.now()
            stopped = {victim.pid for _, victim in self._stopped}
            part: Part | None = fault.part
            if time.monotonic() > until:
                part = next((other for other in OTHERS if found.get(other)), None)
            if part and (awake := [one for one in found.get(part, []) if one.pid not in stopped]):
                return part, chosen(awake, fault.pick)
            if time.monotonic() > until or self._wait(LOOK):
                return None, None

    def _let_go(self, *, everybody: bool = False) -> None:
        now = time.monotonic()
        for due, victim in list(self._stopped):
            if everybody or due <= now:
                self._stopped.remove((due, victim))
                with contextlib.suppress(psutil.NoSuchProcess):
                    if alive(victim):
                        victim.send_signal(signal.SIGCONT)
