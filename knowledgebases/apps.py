"""The knowledgebases app."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.conf import settings


class KnowledgebasesConfig(AppConfig):
    """Configuration of the app."""

    name = "knowledgebases"

    def ready(self) -> None:
        """Tell embedders and health what the operator decided, and API tokens which datasets there are."""
        from knowledgebases import embedders
        from knowledgebases.reach import datasets_of
        from system import reach

        reach.register(datasets_of)
        _register_elasticsearch()
        embedders.configure(
            models_dir=settings.RAG_MODELS_DIR or None,
            threads=settings.RAG_EMBED_THREADS,
            private_endpoints=settings.RAG_PRIVATE_ENDPOINTS,
            # People who search or edit do not wait for documents that are embedded.
            slots=None if settings.RAG_PROCESS == "web" else settings.RAG_ENDPOINT_CONCURRENCY,
        )


def _register_elasticsearch() -> None:
    """Have `health` ask Elasticsearch: as the search engine where it is, else beside it."""
    from system import health

    def check() -> Mapping[str, Any]:
        from knowledgebases.engines.elastic import lag  # 10 MB that most sites have no use for

        return lag.health()

    if settings.RAG_ENGINE == "elasticsearch":
        health.register("doc_engine", check, lambda: {"type": "elasticsearch"})
    elif settings.RAG_ELASTICSEARCH_URL:
        health.register("elasticsearch", check)
