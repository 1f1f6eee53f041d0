"""Whether one way to search is better than another on the same questions, or lucky; no Django here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ROUNDS = 10_000
_SEED = 20_070_101  # the same answer for the same figures, on every run
_CELLS = 1 << 20  # of one batch of flipped signs


@dataclass(frozen=True, slots=True)
class Difference:
    """What `after` gains over `before`, question by question."""

    mean: float
    """Of after - before."""
    p: float
    """Two-sided: how often chance alone makes a difference that large, 0..1."""
    better: int
    """Questions that gained."""
    worse: int
    """Questions that lost."""


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Paired randomisation test (Smucker, Allan & Carterette 2007): were the two alike, each difference could as well
    have the other sign. All ways to flip signs are tried where there are at most ROUNDS of them, else ROUNDS at random.

    Raises ValueError where the two are not of the same questions.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} figures cannot be paired with {len(after)}.")
    differences = np.asarray(after, float) - np.asarray(before, float)
    changed = differences[differences != 0]
    if not len(changed):
        return Difference(0.0, 1.0, 0, 0)
    # Sums of the same figures in another order differ in their last digits.
    least = abs(changed.sum()) - 1e-9 * np.abs(changed).sum()
    exact = 2 ** len(changed) <= ROUNDS
    batches = _every(len(changed)) if exact else _random(len(changed))
    reached = sum(int((np.abs(signs @ changed) >= least).sum()) for signs in batches)
    # Of drawn rounds what was observed is one more (Phipson & Smyth 2010): no p is 0.
    p = reached / 2 ** len(changed) if exact else (reached + 1) / (ROUNDS + 1)
    return Difference(float(differences.mean()), p, int((changed > 0).sum()), int((changed < 0).sum()))


def _every(count: int) -> Iterator[npt.NDArray[np.int8]]:
    """All rows of `count` signs."""
    bits = np.arange(2**count)[:, None] >> np.arange(count) & 1
    yield (bits * 2 - 1).astype(np.int8)


def _random(count: int) -> Iterator[npt.NDArray[np.int8]]:
    """ROUNDS rows of `count` signs, in batches."""
    random, left = np.random.default_rng(_SEED), ROUNDS
    while left:
        rows = min(left, max(1, _CELLS // count))
        yield random.integers(0, 2, (rows, count), dtype=np.int8) * 2 - 1
        left -= rows
