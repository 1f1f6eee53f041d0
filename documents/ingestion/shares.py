"""Shares of a task's progress bar."""

PARSING = 0.01
PARSED = 0.2
CHUNKED = 0.25
EMBEDDED = 0.98


def embedding(ready: int, total: int) -> float:
    """Progress when `ready` of `total` chunks are embedded."""
    return CHUNKED + (EMBEDDED - CHUNKED) * ready / max(total, 1)
