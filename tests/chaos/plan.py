"""What is going to happen, all of it from one seed: which faults, when, to whom; and what users want to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from tests.chaos.papers import WEIGHTS


class Part(StrEnum):
    """A kind of process of a site."""

    WORKER = "worker"
    HORSE = "work-horse"
    PARSER = "parser child"
    CREW = "crew of workers"
    SWEEPER = "sweeper"
    WEB = "web worker"
    GUNICORN = "web master"
    POSTMASTER = "postmaster"
    BACKEND = "backend"
    VALKEY = "Valkey"


class Blow(StrEnum):
    """What is done to a process."""

    KILL = "kill -9"
    STOP = "SIGSTOP"


# How often who is hit, of 100. What does the work most; a backend takes all of PostgreSQL through a crash recovery.
SHARES = {
    Part.HORSE: 38,
    Part.PARSER: 20,
    Part.WORKER: 10,
    Part.BACKEND: 8,
    Part.WEB: 7,
    Part.SWEEPER: 5,
    Part.VALKEY: 4,
    Part.POSTMASTER: 4,
    Part.GUNICORN: 2,
    Part.CREW: 2,
}
STOPS = 0.35  # of the faults
LEASE = 3.0  # seconds
STOPPED = (1.2 * LEASE, 2.2 * LEASE)  # seconds, from .. to


@dataclass(frozen=True, slots=True)
class Fault:
    """One blow: `after` seconds since the one before, to the `pick`-th (0..1) of the processes that play `part`."""

    part: Part
    blow: Blow
    after: float
    pick: float
    stopped: float = 0.0


class Deed(StrEnum):
    """What a user may do."""

    UPLOAD = "upload and parse"
    PARSE = "parse again"
    CANCEL = "cancel"
    EDIT = "edit a chunk"
    ADD = "add a chunk"
    RETRY = "retry what failed"
    DELETE = "delete a document"
    DROP = "delete a dataset"
    SEARCH = "search"
    PAUSE = "pause and resume"


WISHES = {
    Deed.UPLOAD: 34,
    Deed.PARSE: 20,
    Deed.CANCEL: 14,
    Deed.EDIT: 7,
    Deed.ADD: 4,
    Deed.RETRY: 8,
    Deed.DELETE: 7,
    Deed.DROP: 1,
    Deed.SEARCH: 3,
    Deed.PAUSE: 2,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: at least `faults` faults, `tasks` tasks and `snapshots` snapshots; the faults spread over `seconds`."""

    seed: int
    faults: int
    tasks: int
    seconds: float
    snapshots: int = 0
    users: int = 4
    papers: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)
    """What users upload, and how often."""

    def blows(self) -> Iterator[Fault]:
        """Faults without end, at the pace of the plan."""
        rng = Random(f"{self.seed}: faults")
        mean = self.seconds / self.faults
        while True:
            part = rng.choices([*SHARES], [*SHARES.values()])[0]
            blow = Blow.STOP if rng.random() < STOPS else Blow.KILL
            yield Fault(part, blow, rng.uniform(0, 2 * mean), rng.random(), rng.uniform(*STOPPED))

    def chance(self, user: int) -> Random:
        """The dice of a user."""
        return Random(f"{self.seed}: user {user}")


def wishes(chance: Random) -> Iterator[Deed]:
    """What a user wants to do, without end."""
    while True:
        yield chance.choices([*WISHES], [*WISHES.values()])[0]
