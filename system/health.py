"""Is the site well? Every app registers the checks of its own parts."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.storage.filesystem import FileSystemStorage
from django.db import connection, connections

from system import heartbeats
from system.errors import RagError

log = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds that a part has to answer


class HealthCheck(Protocol):
    """Tries one part of the site."""

    def __call__(self) -> Mapping[str, Any]:
        """Details fit to show; raises where the part is not well."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: `elapsed` milliseconds; `error` is fit to show, empty where the part is well."""

    part: str
    elapsed: float
    error: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether the part answered."""
        return not self.error


Kind = Callable[[], Mapping[str, str]]

_checks: dict[str, HealthCheck] = {}
_kinds: dict[str, Kind] = {}
_running: dict[str, "Future[Finding]"] = {}
_lock = threading.Lock()


def register(part: str, check: HealthCheck, kind: Kind = dict) -> None:
    """Have `check` answer for `part`; the last one registered counts.

    `kind` tells what the part is without asking it, so that this is known of a part that does not answer, too.
    """
    _checks[part], _kinds[part] = check, kind


def run_all(parts: Iterable[str] | None = None, *, patience: float = PATIENCE) -> dict[str, Finding]:
    """Findings of all checks (or of `parts`) by part; they run side by side and have `patience` seconds together."""
    started = time.monotonic()
    futures = {part: _start(part) for part in (_checks if parts is None else parts)}
    findings = {}
    for part, future in futures.items():
        try:
            findings[part] = future.result(timeout=max(0, started + patience - time.monotonic()))
        except FutureTimeout:
            error = f"no answer within {patience:g} s"
            findings[part] = Finding(part, patience * 1000, error, _kinds.get(part, dict)())
    return findings


def _start(part: str) -> "Future[Finding]":
    """The check of `part`, begun now or still running: callers share one, a hanging part costs one thread."""
    with _lock:
        running = _running.get(part)
        if running is None or running.done():
            running = _running[part] = Future()
            threading.Thread(target=_run, args=(part, running), name=f"health-{part}", daemon=True).start()
        return running


def _run(part: str, future: "Future[Finding]") -> None:
    started = time.monotonic()
    error, details = "", dict[str, Any]()
    try:
        details |= _kinds.get(part, dict)()
        details |= _checks[part]()
    except RagError as expected:
        error = expected.message
    except Exception as unexpected:  # the thread's edge: a part that is not well is an answer, not a crash
        log.warning("health of %s", part, exc_info=True)
        error = type(unexpected).__name__  # the text might name hosts and paths
    finally:
        connections.close_all()
    future.set_result(Finding(part, (time.monotonic() - started) * 1000, error, details))


def database() -> Mapping[str, Any]:
    """PostgreSQL answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def database_kind() -> Mapping[str, str]:
    """The product that Django speaks to."""
    return {"database": connection.vendor}


def vectors() -> Mapping[str, Any]:
    """The engine of the searches: the extension pgvector, in the version that is installed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        raise RagError("The extension `vector` is not installed: run `manage.py migrate` as its owner.")
    return {"version": row[0]}


def vectors_kind() -> Mapping[str, str]:
    """The engine by the name that clients know."""
    return {"type": "pgvector"}


def queue() -> Mapping[str, Any]:
    """Redis answers."""
    with heartbeats.connection() as client:
        return {"waiting": heartbeats.waiting(client)}


def storage() -> Mapping[str, Any]:
    """A small file can be stored and removed."""
    default_storage.delete(default_storage.save(f".health/{secrets.token_hex(8)}", ContentFile(b"well")))
    return {}


def storage_kind() -> Mapping[str, str]:
    """Files on a disk, or objects in a store."""
    return {"storage": "disk" if isinstance(storages["default"], FileSystemStorage) else "object"}
