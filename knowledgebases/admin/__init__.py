"""The console's pages of datasets, chunks, and the models that embed them."""

from knowledgebases.admin import chunks, datasets, endpoints

__all__ = ["chunks", "datasets", "endpoints"]
