"""The knowledgebases app."""

from django.apps import AppConfig
from django.conf import settings


class KnowledgebasesConfig(AppConfig):
    """Configuration of the app."""

    name = "knowledgebases"

    def ready(self) -> None:
        """Tell the embedders what the operator decided, and API tokens which datasets there are."""
        from knowledgebases import embedders
        from knowledgebases.reach import datasets_of
        from system import reach

        reach.register(datasets_of)
        embedders.configure(
            models_dir=settings.RAG_MODELS_DIR or None,
            threads=settings.RAG_EMBED_THREADS,
            private_endpoints=settings.RAG_PRIVATE_ENDPOINTS,
            # People who search or edit do not wait for documents that are embedded.
            slots=None if settings.RAG_PROCESS == "web" else settings.RAG_ENDPOINT_CONCURRENCY,
        )
