"""Vectors of the last questions: paging, retries and several datasets ask the same one again."""

import threading
from collections import OrderedDict

from knowledgebases.embedders.base import Vectors

QUERIES = 512
QUERY_CHARS = 1_000
"""Longer questions are not kept, so that a cache stays below about 2 MB at 1,024 dimensions."""


class QueryCache:
    """The `QUERIES` questions used last and their vectors; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def get(self, text: str) -> Vectors | None:
        """The vector of a question, if it is remembered."""
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
            return self._vectors.get(text)

    def put(self, text: str, vector: Vectors) -> Vectors:
        """Remember a vector, which becomes read-only because callers share it; returns it."""
        vector.flags.writeable = False
        if len(text) <= QUERY_CHARS:
            with self._lock:
                self._vectors[text] = vector
                if len(self._vectors) > QUERIES:
                    self._vectors.popitem(last=False)
        return vector
