"""Passages of a document that comes window by window."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from documents.chunkers.base import Passage, TokenCounter
from documents.chunkers.carrying import Carry, as_carry, from_carry
from documents.chunkers.holding import Chunker
from documents.chunkers.landmarks import Landmarks
from documents.parsers.base import Window


class Flow:
    """Cuts a document that comes window by window into the passages that it has as a whole.

    What may still change with the next window is held back. It is the `carry`: JSON values, to be stored together with
    the window's cursor, from which another flow goes on. It is as long as a few passages.

    The passages differ from those of the whole only in texts that hardly exist: a sentence, table row or list item of
    more than 128 Ki characters may be cut at a window's end, and so may a list whose first items, longer than a passage
    together, are all nested deeper than a later one.
    """

    def __init__(
        self,
        chunker: Chunker,
        *,
        config: Mapping[str, Any],
        count: TokenCounter,
        carry: Carry | None = None,
        landmarks: Landmarks | None = None,
    ) -> None:
        self._chunker = chunker
        self._config = config
        self._count = count
        self.carry = carry
        self._landmarks = landmarks

    def feed(self, window: Window) -> list[Passage]:
        """The passages that are final with `window`; all that are left with the last one."""
        held, hold = from_carry(self.carry)
        held.add(window.parsed, continues=window.continues)
        hold.last, hold.landmarks = window.cursor is None, self._landmarks
        found = self._chunker(held.parsed, config=self._config, count=self._count, hold=hold)
        passages = [replace(passage, spans=held.absolute(passage.spans)) for passage in found]
        self.carry = None if hold.last else as_carry(held, hold)
        return passages
