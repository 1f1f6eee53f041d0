"""Which engine proposes the passages of an answer: what the operator chose."""

from django.conf import settings

from knowledgebases.engines.base import Engine
from knowledgebases.engines.pgvector import PgvectorEngine


def chosen_engine() -> Engine:
    """The engine of the site. Elasticsearch is imported where it is used: it costs 10 MB."""
    if settings.RAG_ENGINE == "elasticsearch":
        from knowledgebases.engines.elastic.engine import ElasticsearchEngine

        return ElasticsearchEngine()
    return PgvectorEngine()
