"""The index made anew because somebody wants it: all of it beside what serves, or a dataset's passages in its place.

The sweeper does it, as it does whatever is pending (`sync`); what is not brought yet is searched by its rows.
"""

from django.db import OperationalError
from psycopg.errors import LockNotAvailable

from knowledgebases.engines.elastic import indexes, parity
from knowledgebases.engines.elastic.client import in_our_words, patient
from knowledgebases.models import IndexState, Knowledgebase, PendingChunk, SearchIndex
from system.errors import Conflict, Unavailable


def rebuild(kb: Knowledgebase | None = None) -> SearchIndex:
    """Begin to make the index anew; or what it holds of a dataset. Returns the index that is filled from now on.

    A whole one that is being filled already goes on. Raises Misconfigured where the site has no Elasticsearch,
    Unavailable where it does not answer, and Conflict for a dataset while no index serves.
    """
    es = patient()
    index = indexes.wanted()
    if kb is None:
        return _another() if index.state == IndexState.SERVING else index
    if index.state != IndexState.SERVING:
        raise Conflict(f"The index {index} is being filled with all datasets, this one among them.")
    indexes.note(index, kb.pk)
    with in_our_words():  # what is there already is noted, so this finds what is in the index alone
        parity.note(index, list(parity.differences(index, es, kb.pk)))
    return index


def _another() -> SearchIndex:
    try:
        return indexes.announce()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Unavailable("Passages are being written at this moment; try again.") from error
        raise


def told(index: SearchIndex, kb: Knowledgebase | None = None) -> tuple[str, bool]:
    """How far `index` is, in words, and whether there is more to come."""
    now = SearchIndex.objects.filter(pk=index.pk).exclude(state=IndexState.FORMER).first()
    if now is None:
        return f"{index}: another one has taken its place", False
    waiting = PendingChunk.objects.filter(index_id=index.pk, **({"kb_id": kb.pk} if kb else {}))
    pending, refused = waiting.filter(trouble="").count(), waiting.exclude(trouble="").count()
    parts = [f"{now}: {now.get_state_display().lower()}", f"{pending:,} passages to be brought"]
    if refused:
        parts.append(f"{refused:,} refused")
    if now.trouble:
        parts.append(now.trouble)
    return "; ".join(parts), pending > 0 or now.state != IndexState.SERVING
