"""The end of a run: nothing hits the site any more, so all must come to its end, and nothing may be left over."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests import invariants
from tests.chaos.expected import Expected, paper_of
from tests.chaos.ledger import Entry, Ledger, Promise
from tests.chaos.parts import Parts, alive, strangers
from tests.chaos.plan import Part
from tests.chaos.snapshots import connected
from tests.chaos.state import Snapshot
from tests.flows.live import ROOT, Site, stop

SWEEPS = 5
CREW_SECONDS = 40.0  # longest pause before a process is started again, and its start
DEATH_SECONDS = 10.0
WANTED = {Part.CREW: 1, Part.SWEEPER: 1, Part.GUNICORN: 1, Part.POSTMASTER: 1, Part.VALKEY: 1}


def waited(condition: Callable[[], bool], seconds: float, *, pause: float = 0.2) -> bool:
    """Whether `condition` came true within `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True


def truth(data_dir: Path) -> Snapshot:
    """The database as it is now."""
    with connected(data_dir) as connection, connection.transaction(), connection.cursor() as cursor:
        return Snapshot.read(cursor)


def lost(now: Snapshot, ledger: Ledger, expected: Expected) -> list[str]:
    """Documents that are not what their users left them as: gone, unfinished, or with other chunks."""
    found = []
    for entry in ledger.all():
        document = now.documents.get(entry.id)
        if entry.promise is Promise.DELETED or entry.vague:
            continue
        if document is None or not document.living:
            found.append(f"{entry.name} is gone: {document}")
        elif entry.promise is Promise.STARTED and document.run != "3":
            found.append(f"{entry.name} was not finished: {document}")
        elif entry.promise is Promise.CANCELED and document.run != "2":
            found.append(f"{entry.name} did not stay canceled: {document}")
        elif document.run == "3" and document.chunks != len(expected.texts[entry.paper]):
            found.append(f"{entry.name} has other chunks than it should: {document}")
    return found


def doubled(now: Snapshot, ledger: Ledger) -> list[str]:
    """Documents that are there though nobody stored them, or deleted them; chunks that nobody wrote."""
    entries = {entry.id: entry for entry in ledger.all()}
    found = []
    for document in (one for one in now.documents.values() if one.living and paper_of(one) != one.name):
        entry = entries.get(document.id)
        if entry is None or (entry.promise is Promise.DELETED and not entry.vague):
            found.append(f"{document.name} should not be there: {document}")
    for document_id, chunk in now.hands:
        if (entry := entries.get(document_id)) and not _written(entry, chunk):
            found.append(f"{entry.name} has a chunk {chunk} that nobody wrote")
    return found


def _written(entry: Entry, chunk: str) -> bool:
    return chunk in entry.edited or chunk in entry.added or chunk in entry.doubtful


def wrong_texts(data_dir: Path, now: Snapshot, ledger: Ledger, expected: Expected) -> list[str]:
    """Chunks whose text is not that of the parse in peace; those that people wrote are compared elsewhere."""
    entries = {entry.id: entry for entry in ledger.all()}
    with connected(data_dir) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT document_id, id, content FROM rag_chunk WHERE NOT by_hand")
        rows = [row for row in cursor.fetchall() if row[0] in entries and row[0] in now.documents]
    texts = {pk: expected.ids(pk, entries[pk].paper) for pk in {row[0] for row in rows}}
    return [f"{pk}/{chunk}: {content[:60]!r}" for pk, chunk, content in rows if texts[pk].get(chunk) != content]


def left_over(site: Site) -> list[str]:
    """What the sweeper has not taken away, though nothing needs it any more."""
    found: list[str] = []
    for _ in range(SWEEPS):
        manage(site, "sweep", RAGSITE_BLOB_GRACE_SECONDS="0")
        stored = (path for path in (site.data_dir / "files").rglob("*") if path.is_file())
        keys = [str(path.relative_to(site.data_dir / "files")) for path in stored]
        with connected(site.data_dir) as connection, connection.cursor() as cursor:
            found = invariants.unsettled(cursor, keys)
        if not found:
            break
    return found


def inconsistent(site: Site) -> list[str]:
    """What the product's own check finds."""
    done = manage(site, "fsck", "--checksums")
    return [] if done.returncode == 0 else [f"fsck: {done.stdout[-2000:]}"]


def manage(site: Site, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the site."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("RAGSITE_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**kept, "RAGSITE_DATA_DIR": str(site.data_dir), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def missing_processes(parts: Parts, workers: int, webs: int) -> list[str]:
    """Processes of a whole site that do not come back."""
    wanted = {**WANTED, Part.WORKER: workers, Part.WEB: webs}

    def missing() -> list[str]:
        now = parts.now()
        return [f"{part}: {len(now.get(part, []))} of {n}" for part, n in wanted.items() if len(now.get(part, [])) != n]

    waited(lambda: not missing(), CREW_SECONDS)
    return missing()


def survivors(site: Site, parts: Parts) -> list[str]:
    """Stop the site; the processes that are left then."""
    parts.now()
    stop(site, 60)

    def left() -> list[psutil.Process]:
        return [process for process in {*parts.seen, *strangers(site.data_dir)} if alive(process)]

    waited(lambda: not left(), DEATH_SECONDS)
    return [str(process) for process in left()]
