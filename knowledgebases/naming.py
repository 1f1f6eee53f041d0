"""Names that are not taken yet (contract A.7)."""

import os.path
import re
from collections.abc import Callable, Iterator

TRIES = 1000
_NUMBERED = re.compile(r"^(.*)\(([0-9]{1,9})\)$", re.DOTALL)


def candidates(name: str, *, taken: Callable[[str], bool], limit: int | None = None) -> Iterator[str]:
    """Names to try in turn: `name`, then `x(1)`, `x(2)` … in front of the suffix, as far as `taken` denies them.

    A stem that ends in `(k)` counts on from k. `taken` decides whether case matters. With `limit`, stems are cut so
    that a numbered name has at most that many characters. Ends after TRIES names.
    """
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 -- a name, not a path: it may hold slashes
    if limit and len(suffix) > limit // 2:
        stem, suffix = name, ""
    numbered = _NUMBERED.match(stem)
    stem, first = (numbered[1], int(numbered[2]) + 1) if numbered else (stem, 1)
    if not taken(name):
        yield name
    for number in range(first, first + TRIES - 1):
        mark = f"({number}){suffix}"
        candidate = f"{stem[: limit - len(mark)] if limit else stem}{mark}"
        if not taken(candidate):
            yield candidate
