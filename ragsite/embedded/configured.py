"""The site that the settings describe."""

from django.conf import settings

from ragsite.embedded.site import Site


def configured_site() -> Site:
    """For `manage.py up` and `manage.py demo`."""
    return Site(
        base_dir=str(settings.BASE_DIR),
        data_dir=str(settings.RAG_DATA_DIR),
        host=settings.RAG_HOST,
        port=settings.RAG_PORT,
        workers=settings.RAG_WORKERS,
        database=settings.RAG_EMBEDDED_DATABASE,
        redis=settings.RAG_EMBEDDED_REDIS,
    )
