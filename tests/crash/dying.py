"""Deaths: a forked process runs a deed on the real database and is killed at one of its boundaries; then recovery."""

import itertools
import os
import signal
import time
import traceback
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.db.models.functions import Now
from django.utils import timezone

from documents import consistency, jobs, parsers, reindexing, removal, sweeping
from documents.consistency import Scope
from documents.models import Document, Reindex, ReindexState, Task, TaskState
from documents.sandbox import Sandbox
from knowledgebases.embedders import local_embedder
from knowledgebases.models import Circuit
from tests import invariants
from tests.boundaries import AFTER, COMMIT, STORAGE, watched


class InThisProcess(Sandbox):
    """Parses where it is called: a fork shares no parser child, and to start one for each death would take minutes."""

    def windows(self, path, *, name, config, cursor=None, **_):
        yield from parsers.windows(path, name=name, config=config, cursor=cursor)

    def draw(self, path, *, name, side, **_):
        return parsers.draw(path, name=name, side=side)


def ingest():
    """Be a worker until nothing is left to do."""
    sandbox = InThisProcess()
    while task := Task.objects.claim(owner="a worker", lease_seconds=60):
        jobs.run(task, sandbox)


def reindex():
    """Be a worker until nothing is left to be reindexed."""
    while reindexing.advance():
        pass


def dies(deed, *, at):
    """Run `deed` in a process that is killed at boundary number `at`; what that was, None where it ended before."""
    connections.close_all()  # the child gets connections of its own, the parent's are none of its business
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        _live(deed, at, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in {0, -signal.SIGKILL}, f"boundary {at}: the deed failed by itself\n{told}"
    _await_backends()
    return told if status else None


def _live(deed, at, writing):
    numbers = itertools.count()

    def act(when, what):
        # Behind a statement is before what comes next: nothing leaves the process in between. A commit is seen by
        # others, and so is what the storage did: there both sides count.
        if when == AFTER and what != COMMIT and not what.startswith(STORAGE):
            return
        if next(numbers) == at:
            os.write(writing, f"{when} {what[:300]}".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        _share_model()
        with watched(act):
            deed()
        os._exit(0)
    except BaseException:
        os.write(writing, traceback.format_exc().encode())
        os._exit(1)


def _share_model():
    """Take the loaded model over: with one thread its session has none that a fork could lose."""
    embedder = local_embedder()
    assert embedder.threads == 1
    embedder._processes[os.getpid()] = embedder._processes[os.getppid()]


def _await_backends():
    """Until the server has noticed: it rolls back, and lets go of locks, some moments after the death."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            if not cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "a dead process is still connected"


def recover():
    """What happens after a death: time goes by, the sweeper sweeps, a worker works."""
    for _ in range(20):
        Task.objects.filter(state=TaskState.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))
        Task.objects.filter(state=TaskState.QUEUED).update(run_after=Now())
        Reindex.objects.filter(state=ReindexState.BUILDING).update(lease_until=timezone.now() - timedelta(seconds=1))
        Circuit.objects.exclude(open_until=None).update(open_until=Now())
        sweeping.sweep()
        ingest()
        reindex()
        swept = sweeping.sweep()
        if not any(swept.values()) and not Task.objects.filter(state__in=["queued", "running"]).exists():
            return
    raise AssertionError(f"there is no end to it: {swept}")


def stored():
    """Keys of all that is in the storage."""

    def below(folder):
        folders, names = default_storage.listdir(folder)
        yield from (f"{folder}/{name}".lstrip("/") for name in names)
        for name in folders:
            yield from below(f"{folder}/{name}".lstrip("/"))

    return list(below("")) if default_storage.exists("") else []


def broken():
    """What is not as it always has to be."""
    with connection.cursor() as cursor:
        return invariants.broken(cursor)


def unsettled():
    """What is not as it has to be when all is done, by the invariants and by fsck."""
    with connection.cursor() as cursor:
        found = invariants.unsettled(cursor, stored())
    scope = Scope(grace_seconds=0, checksums=True)
    return found + [f"{one.check.name}: {one.finding.what}" for one in consistency.examine(scope)]


@dataclass
class Content:
    """What is published of a document."""

    rows: list = field(default_factory=list)
    vectors: np.ndarray = None

    @classmethod
    def of(cls, document_id):
        with connection.cursor() as cursor:
            rows = invariants.published(cursor, document_id)
        vectors = [vector.strip("[]").split(",") for *_, vector in rows]
        return cls([columns for *columns, _ in rows], np.array(vectors, dtype=np.float32))

    def __eq__(self, other):
        # The same text in a batch of another size has the same vector but for its last digits.
        return self.rows == other.rows and np.allclose(self.vectors, other.vectors, atol=2e-3)

    def __len__(self):
        return len(self.vectors)


@dataclass
class Tally:
    """How often a deed died, and after which deaths something was wrong."""

    deed: str
    deaths: int = 0
    bad: list[str] = field(default_factory=list)

    def count(self, where, *problems):
        """One more death."""
        self.deaths += 1
        self.bad += [f"{self.deed} died {where}: {problem}" for problem in problems]


def sweep_of(name, prepare, deed, *, check=lambda case: [], at_once=lambda case: [], step=1, stop=lambda tally: False):
    """Die at every boundary of `deed(case)`, each time with a new case, and look at what is left.

    `at_once` tells what is wrong right after a death, `check` what is wrong after recovery; the last case is one whose
    deed came to its end. With `step`, at every so-manieth boundary alone; `stop` tells when it is enough.
    """
    tally = Tally(name)
    for number in itertools.count(step=step):
        case = prepare()
        where = dies(lambda case=case: deed(case), at=number)
        problems = [*broken(), *at_once(case)]
        recover()
        problems += [*unsettled(), *check(case)]
        if where is None:
            assert tally.bad or not problems, f"{name} undisturbed: {problems}"
            return tally
        tally.count(where, *problems)
        if stop(tally):
            return tally
        if number % 10 == 9:
            clear()


def clear():
    """Remove all documents, so that looking at everything stays quick."""
    removal.remove_many(list(Document.objects.values_list("pk", flat=True)))
    sweeping.sweep()
