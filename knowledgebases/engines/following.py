"""Keeps an engine outside the database up with it, on sites that have one."""

from django.conf import settings

from knowledgebases.models import SearchIndex


def follow() -> int:
    """Bring what changed to Elasticsearch (`elastic.sync`); returns how many passages were brought."""
    if not settings.RAG_ELASTICSEARCH_URL and not SearchIndex.objects.exists():
        return 0
    from knowledgebases.engines.elastic import sync  # 10 MB that most sites have no use for

    return sync.follow()
