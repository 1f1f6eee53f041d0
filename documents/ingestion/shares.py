"""Shares of a task's progress bar."""

from documents.models.task import PARSED

PARSING = 0.01
EMBEDDED = 0.98


def parsing(done: int, total: int) -> float:
    """Progress when `done` of `total` pages, rows or bytes are cut into chunks."""
    return PARSING + (PARSED - PARSING) * done / max(total, 1)


def embedding(ready: int, total: int) -> float:
    """Progress of a task that has parsed its document when `ready` of its `total` chunks are embedded."""
    return PARSED + (EMBEDDED - PARSED) * ready / max(total, 1)


def embedding_part(ready: int, total: int) -> float:
    """Progress of a part when `ready` of its `total` chunks are embedded."""
    return EMBEDDED * ready / max(total, 1)
