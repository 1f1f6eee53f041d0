"""How far the index is behind, and how Elasticsearch is: what `health` tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone

from knowledgebases.engines.elastic.client import client, in_our_words
from knowledgebases.models import IndexState, PendingChunk, SearchIndex
from system.errors import RagError


@dataclass(frozen=True, slots=True)
class Lag:
    """Of the newest index, which serves or is being filled."""

    index: str = ""
    state: str = ""
    pending: int = 0
    refused: int = 0
    """Of the pending ones, those that Elasticsearch does not take for what they are."""
    seconds: float = 0.0
    """Since the oldest change that the index does not know."""
    trouble: str = ""


def lag() -> Lag:
    """The lag now."""
    index = SearchIndex.objects.exclude(state=IndexState.FORMER).order_by("-pk").first()
    if index is None:
        return Lag()
    counted = PendingChunk.objects.filter(index_id=index.pk).aggregate(
        pending=Count("chunk_id"), refused=Count("chunk_id", filter=~Q(trouble="")), since=Min("since")
    )
    seconds = (timezone.now() - counted["since"]).total_seconds() if counted["since"] else 0.0
    return Lag(index.name, index.state, counted["pending"], counted["refused"], max(0.0, seconds), index.trouble)


def health() -> Mapping[str, Any]:
    """Elasticsearch answers, and takes what is written to it. Raises RagError where it does not."""
    with in_our_words():
        cluster = client().cluster.health().body["status"]
    now = lag()
    if now.trouble:
        raise RagError(f"{now.trouble} {now.pending} passages wait for it; searches read them in the database.")
    return {
        "cluster": cluster,
        "index": now.index,
        "state": now.state,
        "pending": now.pending,
        "refused": now.refused,
        "lag_seconds": round(now.seconds, 1),
    }
