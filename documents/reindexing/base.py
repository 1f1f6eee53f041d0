"""What is made anew of a dataset: its vectors, its words, or both; each is built, examined and served alike."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from documents.leases import Lease, LeaseLost
from documents.models import Reindex, ReindexState
from knowledgebases.models import Knowledgebase

LOOK = 10_000
"""Chunks that one look for missing rows finds at most."""
SAMPLES = 32
"""Rows that are made again before they are served, to see whether they come out alike."""


class Part(Protocol):
    """One kind of search rows on its way to what a reindex aims at.

    Nothing here holds on to what it has seen: what is missing is looked for in the database, each time.
    """

    kb: Knowledgebase
    """As it was when the work began; at the turn, as it is under its lock."""

    @property
    def name(self) -> str:
        """What its rows are, for people."""

    def missing(self) -> int:
        """How many chunks have no row yet."""

    def todo(self) -> Iterator[Sequence[Any]]:
        """Batches of chunks that have no row; of LOOK of them, nothing where none is missing."""

    def make(self, batch: Sequence[Any]) -> Any:
        """Compute what is missing for a batch; outside of transactions."""

    def put(self, made: Any) -> int:
        """Write what was computed, of chunks that are still the same; returns of how many. In a transaction."""

    def examine(self, lease: Lease[Reindex]) -> None:
        """Get ready to be served, and raise Conflict where that must not be: outside of transactions."""

    def turn(self) -> dict[str, Any]:
        """Serve the rows from this transaction on, as far as that is told in rows; returns new values of the dataset.

        Nobody writes search rows of the dataset meanwhile. Raises Conflict where it is not what it was.
        """


def hold(job: Reindex) -> Reindex:
    """Lock the row of a reindex that is ours, and read it anew; LeaseLost where it is not ours any more."""
    mine = Reindex.objects.filter(pk=job.pk, fence=job.fence, state=ReindexState.BUILDING, kb__deleted_at=None)
    current = mine.select_for_update(of=("self",), no_key=True).first()
    if current is None:
        raise LeaseLost(str(job))
    return current
