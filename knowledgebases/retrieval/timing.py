"""How long the stages of a retrieval take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Milliseconds of each stage that was begun, in their order."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._stages[name] = self._stages.get(name, 0.0) + _since(begun)

    def read(self) -> dict[str, float]:
        """The stages so far, and `total` since the clock was made."""
        return {**self._stages, "total": _since(self._begun)}


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 3)
