"""The console's pages of documents and tasks, and what these add to the page of datasets."""

from documents.admin import datasets, documents, tasks

__all__ = ["datasets", "documents", "tasks"]
