"""How long it takes until what was hit is at work again."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from tests.chaos.plan import Part
from tests.chaos.state import Snapshot

LOOK = 0.1  # seconds
FREE = "a task is free for others"
TAKEN = "a task is taken up again"


class Recovery(threading.Thread):
    """Asks the `services` that were hit until they answer, and watches the tasks of work-horses that were hit."""

    def __init__(self, services: Mapping[Part, Callable[[], bool]], enough: threading.Event) -> None:
        super().__init__(name="recovery", daemon=True)
        self._services = services
        self._enough = enough
        self._lock = threading.Lock()
        self._down: dict[Part, float] = {}
        self._tasks: dict[int, tuple[int, float]] = {}  # task -> fence, when it was hit
        self._freed: set[int] = set()  # of these, those that have been given up by whoever was hit
        self._running: dict[int, tuple[int, int]] = {}  # of the last snapshot: task -> fence, work-horse
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def struck(self, part: Part, horses: set[int]) -> None:
        """Note a blow, and the work-horses that it concerns."""
        now = time.monotonic()
        with self._lock:
            if part in self._services:
                self._down.setdefault(part, now)
            for task, (fence, horse) in self._running.items():
                if horse in horses or part in {Part.POSTMASTER, Part.BACKEND}:
                    self._tasks.setdefault(task, (fence, now))

    def seen(self, snapshot: Snapshot) -> None:
        """Note which tasks are at work, and under which fence: another one, or an end, is a recovery."""
        tasks = snapshot.tasks
        with self._lock:
            self._running = {
                key: (task.fence, _horse(task.owner)) for key, task in tasks.items() if task.state == "running"
            }
            for key, (fence, hit) in list(self._tasks.items()):
                if key in self._running and self._running[key][0] == fence:
                    continue
                if key not in self._freed:
                    self._freed.add(key)
                    self.seconds[FREE].append(snapshot.at - hit)
                if key in self._running or key not in tasks or not tasks[key].open:
                    del self._tasks[key]
                    self._freed.discard(key)
                    self.seconds[TAKEN].append(snapshot.at - hit)

    def run(self) -> None:
        while not self._enough.wait(LOOK):
            with self._lock:
                down = dict(self._down)
            for part, hit in down.items():
                if self._services[part]():
                    with self._lock:
                        del self._down[part]
                    self.seconds[f"{part} answers again"].append(time.monotonic() - hit)

    @property
    def pending(self) -> int:
        """How many of those that were hit are not at work again."""
        with self._lock:
            return len(self._down) + len(self._tasks)


def _horse(owner: str) -> int:
    """The process of a lease's owner, `host:process`."""
    number = owner.rpartition(":")[2]
    return int(number) if number.isdigit() else 0
