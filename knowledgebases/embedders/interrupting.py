"""Letting go of an embedding that nobody waits for any more: a check that long work makes between its pieces.

Whoever embeds thousands of texts may be told meanwhile that they are not wanted: their task was canceled. A call of a
model with dozens of long texts takes many seconds, so models check between the runs of their graph, or requests.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


@contextmanager
def interruptible(check: Callable[[], None]) -> Iterator[None]:
    """Have embedders call `check` between two pieces of their work, in this thread; what it raises ends the work."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def checkpoint() -> None:
    """Raise what the caller's check raises, if it has one."""
    if check := _check.get():
        check()
