"""All checks in their order, and what came of each finding."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import DatabaseError

from documents.consistency.base import Check, Finding, Scope
from documents.consistency.counters import DatasetCounters, DocumentCounters
from documents.consistency.following import FollowingIndex
from documents.consistency.orphans import OrphanChunks, OrphanFiles, OrphanStages, StrayIndexRows
from documents.consistency.search_rows import EmbeddingSpaces, SearchScopes, UnindexedChunks
from documents.consistency.statistics import LexicalStatistics
from documents.consistency.stored import FoundBytes, NeededBytes, StoredBytes, UnknownBytes, UnneededBytes
from documents.consistency.tasks import DeadTasks, Leases, Runs
from documents.consistency.thumbnails import Thumbnails
from system.errors import RagError

log = logging.getLogger(__name__)

# Later checks stand on what earlier ones set right: chunks that go are counted down from true counters, statistics are
# of the search rows that are left, documents follow from the tasks that are left.
CHECKS: tuple[Check, ...] = (
    DocumentCounters(),
    DatasetCounters(),
    OrphanChunks(),
    StrayIndexRows(),
    SearchScopes(),
    EmbeddingSpaces(),
    UnindexedChunks(),
    LexicalStatistics(),
    DeadTasks(),
    Leases(),
    Runs(),
    OrphanStages(),
    FoundBytes(),
    NeededBytes(),
    StoredBytes(),
    Thumbnails(),
    OrphanFiles(),
    UnneededBytes(),
    UnknownBytes(),
    FollowingIndex(),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding; what was done about it, and why it could not be mended, if either."""

    check: Check
    finding: Finding
    done: str = ""
    failed: str = ""


def examine(scope: Scope, *, repair: bool = False) -> Iterator[Outcome]:
    """Every finding of every check, with `repair` mended at once. One that resists does not keep others from theirs."""
    for check in CHECKS:
        for finding in check.find(scope):
            yield _repaired(check, finding) if repair else Outcome(check, finding)


def _repaired(check: Check, finding: Finding) -> Outcome:
    try:
        return Outcome(check, finding, done=check.repair(finding) or "it is so no more")
    except RagError as error:
        return Outcome(check, finding, failed=error.message)
    except (DatabaseError, OSError) as error:
        log.exception("%s of %s", check.name, finding.key)
        return Outcome(check, finding, failed=f"{type(error).__name__}; the log tells more")
